'use client';

import { HostLink } from '@/components/hosts/host-name';
import { Instant } from '@/components/ui/instant';
import { LiveNotice } from '@/components/ui/live-notice';
import { Page } from '@/components/ui/page';
import { PageHeader } from '@/components/ui/page-header';
import { Panel } from '@/components/ui/panel';
import { PlainLink } from '@/components/ui/plain-link';
import { type Initial, useLive } from '@/components/ui/use-live';
import { TaskDetailBody } from '@/lib/contracts/task';
import { appHref, taskHref } from '@/lib/format/hrefs';

import { CopyLink } from './copy-link';
import { LifeTimeline } from './life-timeline';
import { MessageBlock } from './message-block';
import { SandboxViewer } from './sandbox-viewer';
import { TaskDeployment } from './task-deployment';
import { HostSigns, TaskEvidence } from './task-evidence';
import { TaskFacts, TaskIds } from './task-facts';
import { OtherEnds, SameHost, SameProblem } from './task-history';
import { TaskMemoryPanel } from './task-memory';
import { TaskNotices } from './task-notices';
import { taskTitle } from './task-title';
import classes from './task-view.module.css';
import { VerdictCard } from './verdict-card';
import { webUrl } from './web-url';

/** One task end, told so that the page explains itself to somebody who only got the link. */
export function TaskView({ initial }: { initial: Initial<TaskDetailBody> }) {
  const live = useLive({ url: initial.url, schema: TaskDetailBody, initial });
  const body = live.data;
  const { task } = body;
  return (
    <Page>
      <PageHeader
        title={taskTitle(task)}
        crumbs={[{ label: 'Tasks', href: '/tasks' }]}
        note={<TaskSubtitle body={body} />}
        actions={<CopyLink path={taskHref(body.otherEnds.length > 0 ? task : { ...task, id: undefined })} />}
      />
      <LiveNotice live={live} />
      <TaskNotices task={task} />
      <VerdictCard task={task} />
      <TaskEvidence body={body} />
      <HostSigns body={body} />
      <div className={classes.columns}>
        <div className={classes.column}>
          <TaskMessage body={body} />
          <TaskMemoryPanel body={body} />
          <SandboxViewer body={body} />
          <TaskDeployment body={body} />
          <Panel title="Life">
            <LifeTimeline task={task} evidence={body.evidence} />
          </Panel>
          <SameProblem body={body} />
          <SameHost body={body} />
        </div>
        <div className={classes.column}>
          <Panel title="Facts">
            <TaskFacts task={task} />
          </Panel>
          <Panel title="To find it elsewhere">
            <div className={classes.spaced}>
              <ClusterLinks body={body} />
              <TaskIds task={task} />
            </div>
          </Panel>
          <OtherEnds body={body} />
        </div>
      </div>
    </Page>
  );
}

function TaskSubtitle({ body: { task } }: { body: TaskDetailBody }) {
  return (
    <>
      {task.appId !== null && (
        <>
          <PlainLink href={appHref(task.appId)}>{task.appId}</PlainLink> ·{' '}
        </>
      )}
      <HostLink host={task.host} /> · <Instant at={task.finishedAt} /> (
      <Instant at={task.finishedAt} mode="relative" />)
    </>
  );
}

function TaskMessage({ body: { task } }: { body: TaskDetailBody }) {
  if (task.message === null) {
    return (
      <Panel title="Message">
        <p className={classes.note}>
          Nobody sent one. Masters before 1.0, and /state of any master, tell the state alone.
        </p>
      </Panel>
    );
  }
  return (
    <Panel
      title="Message"
      note={task.messageSource === 'marathon' ? 'as Marathon told it' : 'as Mesos told it'}
    >
      <div className={classes.spaced}>
        <MessageBlock text={task.message} label="Message of the end" />
        {task.messageSource === 'marathon' && (
          <p className={classes.note}>
            Mesos kept no message for this end; this one is from Marathon’s last task failure of the app.
          </p>
        )}
      </div>
    </Panel>
  );
}

function ClusterLinks({ body: { links } }: { body: TaskDetailBody }) {
  const shown = [
    { label: 'Agent in Mesos', href: webUrl(links.mesosAgent) },
    { label: 'App in Marathon', href: webUrl(links.marathonApp) },
  ];
  return (
    <ul className={classes.links}>
      {shown.map(
        ({ label, href }) =>
          href !== null && (
            <li key={label}>
              <a href={href} rel="noreferrer noopener" target="_blank">
                {label} ↗
              </a>
            </li>
          ),
      )}
    </ul>
  );
}

import { HostLink } from '@/components/hosts/host-name';
import { CauseMark } from '@/components/task-ends/cause-mark';
import { exitCodeMeaning } from '@/components/tasks/exit-code-meaning';
import { ProofMark } from '@/components/tasks/verdict-marks';
import { Instant } from '@/components/ui/instant';
import { PlainLink } from '@/components/ui/plain-link';
import type { ReviewBody, ReviewGroup } from '@/lib/contracts/review';
import { causeGroup } from '@/lib/domain/cause-group';
import { hostLabel } from '@/lib/format/host-label';
import { appHref, taskHref, tasksHref } from '@/lib/format/hrefs';
import { formatCount, plural } from '@/lib/format/numbers';

import { formatDelta } from './delta';
import classes from './review.module.css';
import { StatusMark } from './status-mark';

const SHOWN_HOSTS = 12;
const SHOWN_VERSIONS = 2;

/** The day's failures, one entry for each problem, the one that failed last on top. */
export function ReviewGroups({ body }: { body: ReviewBody }) {
  const hasVersions = body.groups.some(({ versions }) => versions.length > 0);
  return (
    <div className={classes.table} data-versions={hasVersions || undefined}>
      <div className={classes.heads} aria-hidden>
        <span>Problem</span>
        <span>What happened, where</span>
        {hasVersions && <span>Versions</span>}
        <span>Newest, first seen</span>
        <span>Failures</span>
        <span>Day before</span>
        <span title={SAME_WEEKDAY}>Week before</span>
      </div>
      <ol className={classes.groups} aria-label="Problems of the day">
        {body.groups.map((group) => (
          <li key={`${group.cluster} ${group.fingerprint}`} className={classes.group}>
            <Group group={group} body={body} hasVersions={hasVersions} />
          </li>
        ))}
      </ol>
    </div>
  );
}

const SAME_WEEKDAY = 'The same weekday a week earlier';

type GroupProps = { group: ReviewGroup; body: ReviewBody; hasVersions: boolean };

function Group({ group, body, hasVersions }: GroupProps) {
  const day = { from: body.from, to: body.to, cluster: group.cluster };
  const subject = group.appId ?? group.subject;
  return (
    <article className={classes.entry} aria-label={subject}>
      <div className={classes.problem}>
        <h3 className={classes.subject}>
          <Subject group={group} day={day} /> <StatusMark status={group.status} />
        </h3>
        <p className={classes.cause}>
          <CauseMark
            cause={group.cause}
            group={causeGroup({ cause: group.cause, state: 'TASK_FAILED', disposition: 'failure' })}
          />{' '}
          <ProofMark proof={group.proof} /> <ExitCodes codes={group.exitCodes} />
        </p>
      </div>
      <div className={classes.what}>
        <p className={classes.summary} title={group.summary}>
          {group.summary}
        </p>
        <Hosts hosts={group.hosts} day={day} />
      </div>
      {hasVersions && <Versions versions={group.versions} />}
      <div className={classes.times}>
        <p>
          <PlainLink
            href={taskHref({ cluster: group.cluster, taskId: group.newestTaskId, id: group.newestId })}
            title="The newest failure"
          >
            <span className={classes.term}>Newest </span>
            <Instant at={group.newestAt} mode="minutes" />
          </PlainLink>
        </p>
        <p className={classes.muted} title="First seen">
          <span className={classes.term}>first </span>
          <Instant at={group.firstSeenAt} mode="minutes" />
        </p>
      </div>
      <Counts group={group} day={day} />
    </article>
  );
}

/** The app; of another framework's tasks their name, with the framework after it. */
function Subject({ group, day }: { group: ReviewGroup; day: Day }) {
  if (group.appId !== null) {
    return (
      <span className={classes.name} title={group.appId}>
        <PlainLink href={appHref(group.appId, day)}>{group.appId}</PlainLink>
      </span>
    );
  }
  const [framework = '', ...rest] = group.subject.split(' / ');
  return (
    <span className={classes.name} title={group.subject}>
      {rest.length === 0 ? framework : rest.join(' / ')}
      {rest.length > 0 && <span className={classes.framework}> {framework}</span>}
    </span>
  );
}

type Day = { from: string; to: string; cluster: string };

function ExitCodes({ codes }: { codes: number[] }) {
  if (codes.length === 0) return null;
  return (
    <span
      className={classes.muted}
      title={codes.map((code) => `${code} = ${exitCodeMeaning(code)}`).join('\n')}
    >
      exit {codes.join(', ')}
    </span>
  );
}

/** How far the problem reaches: how many hosts and, as far as there is room, which; all of them on hover. */
function Hosts({ hosts, day }: { hosts: ReviewGroup['hosts']; day: Day }) {
  const shown = hosts.slice(0, SHOWN_HOSTS);
  return (
    <p
      className={classes.line}
      title={hosts.map(({ host, failures }) => `${hostLabel(host)} ×${formatCount(failures)}`).join('\n')}
    >
      <span className={hosts.length === 1 ? 'visually-hidden' : classes.muted}>
        {plural(hosts.length, 'host')}:
      </span>
      {shown.map(({ host, failures }) => (
        <span key={host} className={classes.item}>
          <HostLink host={host} links={day} />
          {hosts.length > 1 && ` ×${formatCount(failures)}`}
        </span>
      ))}
    </p>
  );
}

function Versions({ versions }: { versions: ReviewGroup['versions'] }) {
  const shown = versions.slice(0, SHOWN_VERSIONS);
  if (shown.length === 0) return <p className={classes.versions} />;
  return (
    <p className={classes.versions} title={versions.join('\n')}>
      <span className={classes.label}>{versions.length === 1 ? 'version ' : 'versions '}</span>
      {shown.map((version) => (
        <span key={version} className={classes.version}>
          <Version version={version} />
        </span>
      ))}
      {versions.length > shown.length && (
        <span className={classes.muted}>
          +{versions.length - shown.length}
          <span className="visually-hidden"> more</span>
        </span>
      )}
    </p>
  );
}

/** Marathon names versions by their instant; anything else stands as it is. */
function Version({ version }: { version: string }) {
  return Number.isNaN(Date.parse(version)) ? version : <Instant at={version} mode="minutes" />;
}

function Counts({ group, day }: { group: ReviewGroup; day: Day }) {
  return (
    <dl className={classes.counts}>
      <div className={classes.today}>
        <dt>failures</dt>
        <dd>
          <PlainLink
            href={tasksHref({ ...day, fingerprint: group.fingerprint })}
            title="All of them as a list"
          >
            {formatCount(group.failures)}
          </PlainLink>
        </dd>
      </div>
      <div>
        <dt>day before</dt>
        <dd>
          {formatCount(group.dayBefore)} <strong>{formatDelta(group.failures, group.dayBefore)}</strong>
        </dd>
      </div>
      <div
        data-unknown={group.sameWeekdayBefore === null || undefined}
        title={
          group.sameWeekdayBefore === null ? `${SAME_WEEKDAY}: exit137 did not know that day` : SAME_WEEKDAY
        }
      >
        <dt>week before</dt>
        <dd className={group.sameWeekdayBefore === null ? classes.muted : undefined}>
          {formatCount(group.sameWeekdayBefore)}
        </dd>
      </div>
    </dl>
  );
}

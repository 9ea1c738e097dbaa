import { HostLink } from '@/components/hosts/host-name';
import { MessageBlock } from '@/components/tasks/message-block';
import { stateWord } from '@/components/tasks/task-life';
import { Instant } from '@/components/ui/instant';
import { Panel } from '@/components/ui/panel';
import { PlainLink } from '@/components/ui/plain-link';
import type { AppDetailBody } from '@/lib/contracts/stats';
import { taskHref } from '@/lib/format/hrefs';

import classes from './app-view.module.css';

type LastFailureProps = { failure: NonNullable<AppDetailBody['lastTaskFailure']>; cluster: string };

/** What Marathon's own debug tab would say. */
export function AppLastFailure({ failure, cluster }: LastFailureProps) {
  return (
    <Panel title="Last task failure" note="as Marathon tells it">
      <div className={classes.spaced}>
        <p>
          {stateWord(failure.state)} <Instant at={failure.at} mode="relative" />
          {failure.host !== null && (
            <>
              {' '}
              on <HostLink host={failure.host} />
            </>
          )}
          : <PlainLink href={taskHref({ cluster, taskId: failure.taskId })}>{failure.taskId}</PlainLink>
        </p>
        {failure.message === null || failure.message === '' ? (
          <p className={classes.muted}>Marathon has no message for it.</p>
        ) : (
          <MessageBlock text={failure.message} label="Message of Marathon’s last task failure" />
        )}
      </div>
    </Panel>
  );
}

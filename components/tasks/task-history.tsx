import { Empty } from '@/components/ui/empty';
import { Instant } from '@/components/ui/instant';
import { Panel } from '@/components/ui/panel';
import { PlainLink } from '@/components/ui/plain-link';
import type { TaskDetailBody } from '@/lib/contracts/task';
import { CAUSE_LABELS } from '@/lib/domain/cause';
import { hostLabel } from '@/lib/format/host-label';
import { tasksHref } from '@/lib/format/hrefs';
import { isolated } from '@/lib/format/isolated';
import { plural } from '@/lib/format/numbers';

import { RelatedEnds } from './related-ends';
import classes from './task-view.module.css';

/** Of the API: more are not counted. */
const MAX_COUNTED = 10_000;

/** Has this happened before: the same app for the same cause. */
export function SameProblem({ body }: { body: TaskDetailBody }) {
  const { task, sameFingerprint } = body;
  const { last7d, firstSeenAt, recent } = sameFingerprint;
  const all = tasksHref({ fingerprint: task.fingerprint, cluster: task.cluster, range: '7d' });
  return (
    <Panel title="The same problem before" actions={<PlainLink href={all}>All of the last 7 days</PlainLink>}>
      <div className={classes.spaced}>
        <p>
          {last7d <= 1
            ? 'The only end of this kind in the 7 days up to it'
            : `${plural(last7d, 'end')}${last7d >= MAX_COUNTED ? ' or more' : ''} of this kind in the 7 days up to this one`}
          {firstSeenAt !== null && (
            <>
              ; first seen <Instant at={firstSeenAt} mode="minutes" />
            </>
          )}
          .{' '}
          <span className={classes.note}>
            Kind: {isolated(task.appId ?? task.name)} · {CAUSE_LABELS[task.cause]}
          </span>
        </p>
        {recent.length > 0 && <RelatedEnds ends={recent} label="Newest ends of the same kind" tell="host" />}
      </div>
    </Panel>
  );
}

/** Is it the host: what else failed there within the hour. */
export function SameHost({ body }: { body: TaskDetailBody }) {
  const { task, sameHost } = body;
  return (
    <Panel title="Other failures on this host" note="in the hour around it">
      {sameHost.length === 0 ? (
        <Empty title={`Nothing else failed on ${hostLabel(task.host)}`}>
          So the host itself is not suspect from this alone.
        </Empty>
      ) : (
        <RelatedEnds ends={sameHost} label="Other failures on this host" tell="app" />
      )}
    </Panel>
  );
}

/** Mesos lets frameworks use a task id again; each end is its own. */
export function OtherEnds({ body }: { body: TaskDetailBody }) {
  if (body.otherEnds.length === 0) return null;
  return (
    <Panel title="Other ends of this task id">
      <RelatedEnds ends={body.otherEnds} label="Other ends of this task id" tell="agent" byId />
    </Panel>
  );
}

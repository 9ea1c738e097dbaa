import { EndCauseMark, StateMark } from '@/components/task-ends/cause-mark';
import { Instant } from '@/components/ui/instant';
import { PlainLink } from '@/components/ui/plain-link';
import type { TaskItem } from '@/lib/contracts/task';
import { hostLabel } from '@/lib/format/host-label';
import { taskHref } from '@/lib/format/hrefs';

import classes from './related-ends.module.css';

type RelatedEndsProps = {
  ends: TaskItem[];
  label: string;
  /** What the reader does not know yet about each end: its app, its host, or its agent where ids repeat. */
  tell: 'app' | 'host' | 'agent';
  /** True: several ends share the task id, so the link must name the one. */
  byId?: boolean;
};

/** A short list of other ends, each a link. */
export function RelatedEnds({ ends, label, tell, byId = false }: RelatedEndsProps) {
  return (
    <ul className={classes.list} aria-label={label}>
      {ends.map((end) => (
        <li key={end.id} className={classes.item}>
          <StateMark state={end.state} disposition={end.disposition} />
          <span className={classes.words}>
            <PlainLink href={taskHref(byId ? end : { cluster: end.cluster, taskId: end.taskId })}>
              {told(end, tell)}
            </PlainLink>
            {/* The same problem has the same cause: saying it in each row says nothing. */}
            {tell !== 'host' && (
              <span className={classes.muted}>
                <EndCauseMark end={end} />
              </span>
            )}
          </span>
          <span className={classes.when}>
            <Instant at={end.finishedAt} mode="relative" />
          </span>
        </li>
      ))}
    </ul>
  );
}

function told(end: TaskItem, tell: RelatedEndsProps['tell']): string {
  if (tell === 'host') return hostLabel(end.host);
  return tell === 'app' ? (end.appId ?? end.name) : `on ${hostLabel(end.agentId)}`;
}

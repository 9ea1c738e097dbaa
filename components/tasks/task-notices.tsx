import { Instant } from '@/components/ui/instant';
import { Notice } from '@/components/ui/notice';
import type { TaskDetail } from '@/lib/contracts/task';

/** What a reader must know before trusting the rest of the page. */
export function TaskNotices({ task }: { task: TaskDetail }) {
  return (
    <>
      {task.reopenedAt !== null && (
        <Notice tone="warn" role="note">
          This task came back to life <Instant at={task.reopenedAt} mode="relative" />: the master lists it as
          running again. This end is kept here and counted nowhere.
        </Notice>
      )}
      {!task.finishedAtKnown && (
        <Notice tone="blind" role="note">
          No status tells when this task ended. The time shown is when exit137 first saw it ended; it may have
          ended earlier.
        </Notice>
      )}
    </>
  );
}

import { CopyText } from '@/components/ui/copy-text';
import { Instant } from '@/components/ui/instant';
import { Panel } from '@/components/ui/panel';
import type { TaskDetailBody } from '@/lib/contracts/task';

import classes from './task-view.module.css';

/** The deployment that explains this end; the id alone where Marathon's own word of it was never seen. */
export function TaskDeployment({ body }: { body: TaskDetailBody }) {
  const { deployment, task } = body;
  if (deployment === null && task.deploymentId === null) return null;
  return (
    <Panel title="Deployment that explains it">
      <div className={classes.spaced}>
        <CopyText text={deployment?.deploymentId ?? task.deploymentId ?? ''} label="Copy deployment id" />
        {deployment !== null && (
          <>
            <ul>
              {deployment.actions.map(({ action, target }, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: steps have no id, and a deployment can repeat one.
                <li key={index}>
                  {action} <strong>{target}</strong>
                </li>
              ))}
            </ul>
            <p className={classes.note}>
              Seen from <Instant at={deployment.firstSeenAt} />{' '}
              {deployment.endedAt === null ? (
                '; still running when last seen'
              ) : (
                <>
                  to <Instant at={deployment.endedAt} />
                </>
              )}
            </p>
          </>
        )}
      </div>
    </Panel>
  );
}

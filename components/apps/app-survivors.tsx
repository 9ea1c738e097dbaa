'use client';

import { SignalOne } from '@/components/evidence/signal-groups';
import { HostLink } from '@/components/hosts/host-name';
import { ProofMark } from '@/components/tasks/verdict-marks';
import type { AppDetailBody } from '@/lib/contracts/stats';
import { plural } from '@/lib/format/numbers';

import classes from './app-survivors.module.css';

/**
 * Kernel kills inside containers that lived on: a worker died, the task did not, and no task end tells of it. Nothing
 * where none is known.
 */
export function AppSurvivors({ survivors }: { survivors: AppDetailBody['survivors'] }) {
  const { total, items } = survivors;
  if (total === 0) return null;
  return (
    <section className={classes.card} aria-label="Kernel kills that its containers survived">
      <h2>Kernel kills inside containers that lived on: {total} in this window</h2>
      <p>
        The kernel killed a process in the container, yet the task went on, so Mesos and Marathon tell nothing
        of it: work of that process is lost, and the container runs at its memory limit.
      </p>
      <details className={classes.details} open={total === 1}>
        <summary>
          {total > items.length ? `The newest ${items.length}` : plural(total, 'kill')} with their lines
        </summary>
        <ol className={classes.list}>
          {items.map(({ signal, proof, reason, taskId }, index) => (
            <li key={signal.id ?? index}>
              <p className={classes.tie}>
                <ProofMark proof={proof} />
                <span>
                  {reason}
                  {signal.host !== null && (
                    <>
                      {' '}
                      On <HostLink host={signal.host} />
                    </>
                  )}
                  {taskId !== null && (
                    <>
                      {signal.host === null ? ' Task ' : ', task '}
                      <code>{taskId}</code>
                    </>
                  )}
                  .
                </span>
              </p>
              <SignalOne signal={signal} />
            </li>
          ))}
        </ol>
      </details>
    </section>
  );
}

import { DataTable } from '@/components/ui/data-table';
import { Instant } from '@/components/ui/instant';
import { Notice } from '@/components/ui/notice';
import { Panel } from '@/components/ui/panel';
import type { LedgerItem } from '@/lib/contracts/status';
import { plural } from '@/lib/format/numbers';

import { LIFE_COLUMNS, STATE_COLUMNS } from './ledger-columns';
import classes from './ledger-panel.module.css';
import { ledgerWords } from './ledger-words';

/** What the master of one cluster counted, held against what is stored; `lives` newest first. */
export function LedgerPanel({ title, lives }: { title: string; lives: readonly LedgerItem[] }) {
  const current = lives.find(({ isCurrent }) => isCurrent) ?? lives[0];
  const earlier = lives.filter((life) => life !== current);
  const lost = earlier.filter(({ escaped }) => escaped > 0).length;
  return (
    <Panel title={title} note="the master’s own count of task ends against ours">
      {current === undefined ? (
        <p>The ledger begins with the first poll that reads the master’s counters.</p>
      ) : (
        <div className={classes.body}>
          <Verdict life={current} />
          {current.states.length > 0 && (
            <div className={classes.table}>
              <DataTable
                caption="What the master counted, by state"
                columns={
                  current.refused > 0 ? STATE_COLUMNS : STATE_COLUMNS.filter(({ key }) => key !== 'refused')
                }
                rows={current.states}
                rowKey={({ state }) => state}
                rowTone={({ escaped }) => (escaped > 0 ? 'bad' : null)}
              />
            </div>
          )}
          <p className={classes.muted}>
            {current.readAt !== null && (
              <>
                Counters read <Instant at={current.readAt} mode="relative" />.{' '}
              </>
            )}
            What ends while the master is being read is held against the next reading, so a count is called
            escaped only once that is sure.
            {current.refused > 0 &&
              ` ${plural(current.refused, 'task')} that the master refused before launch ${current.refused === 1 ? 'is' : 'are'} in none of its lists and not counted here.`}
          </p>
          {earlier.length > 0 && (
            <details className={classes.earlier}>
              <summary>
                {plural(earlier.length, 'earlier life', 'earlier lives')} of the master
                {lost > 0 && `, ${lost} with ends that escaped`}
              </summary>
              <DataTable
                caption="Earlier lives of the master"
                columns={LIFE_COLUMNS}
                rows={earlier}
                rowKey={({ electedAt, masterId }) => `${electedAt} ${masterId}`}
                rowTone={({ escaped }) => (escaped > 0 ? 'warn' : null)}
              />
            </details>
          )}
        </div>
      )}
    </Panel>
  );
}

function Verdict({ life }: { life: LedgerItem }) {
  const { tone, before, after } = ledgerWords(life);
  return (
    <Notice tone={tone}>
      <p>
        <strong>
          {before} <Instant at={life.since} mode="minutes" />
          {after}
        </strong>
      </p>
      {tone === 'bad' && (
        <p>
          No list of the master held them when it was read, most likely as its memory of completed tasks
          turned over in between; see the gaps below. What is stored stays true, and counts of that time are
          too low. Shorter POLL_INTERVAL_MS or an open event stream keep it from happening again.
        </p>
      )}
    </Notice>
  );
}

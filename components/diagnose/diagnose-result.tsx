'use client';

import { Empty } from '@/components/ui/empty';
import { Instant } from '@/components/ui/instant';
import { Panel } from '@/components/ui/panel';
import type { DiagnoseBody } from '@/lib/contracts/evidence';
import { isolated } from '@/lib/format/isolated';
import { formatCount, plural } from '@/lib/format/numbers';

import classes from './diagnose-result.module.css';
import { FoundSignals } from './found-signals';
import { groupSignals } from './group-signals';

const MOST_HOSTS = 3;

/** What a pasted log says. */
export function DiagnoseResult({ body }: { body: DiagnoseBody }) {
  const groups = groupSignals(body.signals);
  return (
    <Panel title="What it says" note={<Summary body={body} />}>
      {groups.length === 0 ? (
        <Empty title={`No sign of trouble in ${plural(body.lines, 'line')}`}>
          Looked for: kernel out-of-memory reports, hung tasks, filesystem, disk and hardware errors, network
          devices that are not released, Docker and Mesos agent failures. What an application writes itself is
          none of them.
        </Empty>
      ) : (
        <ol className={classes.groups} aria-label="Signals">
          {groups.map((group) => (
            <li key={group.key} className={classes.group}>
              <FoundSignals group={group} />
            </li>
          ))}
        </ol>
      )}
      {body.signalsFound > body.signals.length && (
        <p className={classes.more}>
          The first {formatCount(body.signals.length)} of {formatCount(body.signalsFound)} signals are shown:
          cut out the hours in question to see the rest.
        </p>
      )}
    </Panel>
  );
}

function Summary({ body }: { body: DiagnoseBody }) {
  const { lines, signalsFound, hosts, from, to, stored, signals } = body;
  const known = new Set(signals.flatMap(({ tasks }) => tasks.flatMap(({ endId }) => endId ?? []))).size;
  const named = hosts.slice(0, MOST_HOSTS).map(isolated).join(', ');
  return (
    <>
      {plural(signalsFound, 'signal')} in {plural(lines, 'line')}
      {hosts.length > 0 &&
        ` of ${named}${hosts.length > MOST_HOSTS ? ` and ${hosts.length - MOST_HOSTS} more hosts` : ''}`}
      {from !== null && to !== null && (
        <>
          , <Instant at={from} />
          {from.slice(0, 19) !== to.slice(0, 19) && (
            <>
              {' '}
              – <Instant at={to} />
            </>
          )}
        </>
      )}
      {known > 0 && `; about ${plural(known, 'task')} that ${known === 1 ? 'is' : 'are'} known`}
      {stored ? '. Stored.' : '. Nothing was stored.'}
    </>
  );
}

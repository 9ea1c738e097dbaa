import { clockWords } from '@/components/hosts/contact-words';
import { HostLink } from '@/components/hosts/host-name';
import { FactList } from '@/components/ui/fact-list';
import { Instant } from '@/components/ui/instant';
import type { AgentsSummary } from '@/lib/contracts/evidence';
import { formatCount } from '@/lib/format/numbers';

import classes from './agents-facts.module.css';

/** How the agents of one cluster answer, and which do not. */
export function AgentsFacts({ agents }: { agents: AgentsSummary }) {
  const { silent, silentCount, maxSkewMs, maxSkewHost } = agents;
  return (
    <div className={classes.body}>
      <FactList
        facts={[
          { label: 'Listed by the master', value: formatCount(agents.listed) },
          { label: 'Asked', value: formatCount(agents.asked) },
          { label: 'Answered', value: formatCount(agents.answered) },
          { label: 'Did not answer', value: formatCount(silentCount) },
          {
            label: 'Clock furthest off',
            value:
              maxSkewHost === null ? (
                clockWords(maxSkewMs)
              ) : (
                <>
                  {clockWords(maxSkewMs)}, <HostLink host={maxSkewHost} />
                </>
              ),
            isWide: true,
          },
        ]}
      />
      {silent.length > 0 && (
        <ul className={classes.silent} aria-label="Agents that do not answer">
          {silent.map(({ host, agentId, answeredAt, errorCode }) => (
            <li key={agentId}>
              <HostLink host={host} />:{' '}
              {answeredAt === null ? (
                'never answered'
              ) : (
                <>
                  not since <Instant at={answeredAt} mode="minutes" />
                </>
              )}
              , <code>{errorCode}</code>
            </li>
          ))}
          {silentCount > silent.length && <li>and {formatCount(silentCount - silent.length)} more</li>}
        </ul>
      )}
    </div>
  );
}

import { DerivedNumbers } from '@/components/evidence/derived-numbers';
import { CodeText } from '@/components/tasks/code-text';
import { Instant } from '@/components/ui/instant';
import { Panel } from '@/components/ui/panel';
import type { HostConditionItem } from '@/lib/contracts/evidence';
import { plural } from '@/lib/format/numbers';

import classes from './host-conditions.module.css';

/** What the host's signals add up to, the worst first. Nothing where there is none. */
export function HostConditions({ conditions }: { conditions: readonly HostConditionItem[] }) {
  if (conditions.length === 0) return null;
  return (
    <Panel title="State of the host" note="from its logs, its clock and its kills in this window">
      <ul className={classes.list} aria-label="Conditions">
        {conditions.map((condition) => (
          <li key={condition.id} className={classes.one} data-tone={condition.tone}>
            <p className={classes.sentence}>
              <span className={classes.tone}>{condition.tone === 'bad' ? 'Bad' : 'Watch'}</span>{' '}
              {condition.sentence}
            </p>
            <p className={classes.when}>
              {plural(condition.count, 'sign')} since <Instant at={condition.since} mode="minutes" />, last{' '}
              <Instant at={condition.lastAt} mode="relative" />
            </p>
            {condition.advice.length > 0 && (
              <ul className={classes.advice} aria-label="What to do">
                {[...new Set(condition.advice)].map((line) => (
                  <li key={line}>
                    <CodeText text={line} />
                  </li>
                ))}
              </ul>
            )}
            <DerivedNumbers numbers={condition.numbers} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

import { HostLink } from '@/components/hosts/host-name';
import { Notice } from '@/components/ui/notice';
import { PlainLink } from '@/components/ui/plain-link';
import type { OverviewBody } from '@/lib/contracts/stats';
import { appHref, type WindowParams, withQuery } from '@/lib/format/hrefs';
import { plural } from '@/lib/format/numbers';

import classes from './overview-signs.module.css';

const MOST_NAMED = 3;

/** What no task end tells: hosts in a bad state, containers that lived on after a kernel kill. */
export function OverviewSigns({ overview, links }: { overview: OverviewBody; links: WindowParams }) {
  const { trouble, troubleCount, survivors } = overview;
  if (troubleCount === 0 && survivors.length === 0) return null;
  const more = troubleCount - Math.min(trouble.length, MOST_NAMED);
  const kills = survivors.reduce((sum, app) => sum + app.kills, 0);
  return (
    <Notice tone="warn" role="note">
      <ul className={classes.signs}>
        {troubleCount > 0 && (
          <li>
            <strong>{plural(troubleCount, 'host')} in a bad state</strong> by their logs:{' '}
            {trouble.slice(0, MOST_NAMED).map(({ cluster, host, sentences }, index) => (
              <span key={`${cluster} ${host}`} title={sentences.join('\n')}>
                {index > 0 && ', '}
                <HostLink host={host} links={links} />
              </span>
            ))}
            {more > 0 && (
              <>
                {' '}
                and <PlainLink href={withQuery('/hosts', links)}>{more} more</PlainLink>
              </>
            )}
          </li>
        )}
        {survivors.length > 0 && (
          <li>
            <strong>{plural(kills, 'kernel kill')} inside containers that lived on</strong>:{' '}
            {survivors.slice(0, MOST_NAMED).map(({ cluster, appId, kills: own }, index) => (
              <span key={`${cluster} ${appId}`}>
                {index > 0 && ', '}
                <PlainLink href={appHref(appId, links)}>{appId}</PlainLink> ({own})
              </span>
            ))}
            {survivors.length > MOST_NAMED && ` and ${plural(survivors.length - MOST_NAMED, 'other app')}`}
          </li>
        )}
      </ul>
    </Notice>
  );
}

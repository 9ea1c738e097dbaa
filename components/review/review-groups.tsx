import { CauseMark } from '@/components/task-ends/cause-mark';
import { ProofMark } from '@/components/tasks/verdict-marks';
import { Instant } from '@/components/ui/instant';
import { PlainLink } from '@/components/ui/plain-link';
import type { ReviewBody, ReviewGroup } from '@/lib/contracts/review';
import { causeGroup } from '@/lib/domain/cause-group';
import { appHref, hostHref, taskHref, tasksHref } from '@/lib/format/hrefs';
import { formatCount, plural } from '@/lib/format/numbers';

import { formatDelta } from './delta';
import classes from './review.module.css';
import { StatusMark } from './status-mark';

const SHOWN_HOSTS = 4;
const SHOWN_VERSIONS = 3;

/** The day's failures, one entry for each problem, the one that failed last on top. */
export function ReviewGroups({ body }: { body: ReviewBody }) {
  return (
    <ol className={classes.groups} aria-label="Problems of the day">
      {body.groups.map((group) => (
        <li key={`${group.cluster} ${group.fingerprint}`} className={classes.group}>
          <Group group={group} body={body} />
        </li>
      ))}
    </ol>
  );
}

function Group({ group, body }: { group: ReviewGroup; body: ReviewBody }) {
  const day = { from: body.from, to: body.to, cluster: group.cluster };
  const newest = taskHref({ cluster: group.cluster, taskId: group.newestTaskId, id: group.newestId });
  return (
    <article className={classes.entry} aria-label={group.subject}>
      <div className={classes.words}>
        <h3 className={classes.subject}>
          {group.appId === null ? (
            group.subject
          ) : (
            <PlainLink href={appHref(group.appId, day)}>{group.subject}</PlainLink>
          )}{' '}
          <StatusMark status={group.status} />
        </h3>
        <p className={classes.cause}>
          <CauseMark
            cause={group.cause}
            group={causeGroup({ cause: group.cause, state: 'TASK_FAILED', disposition: 'failure' })}
          />{' '}
          <ProofMark proof={group.proof} />
        </p>
        <p>{group.summary}</p>
        <Where group={group} day={day} />
        <p className={classes.links}>
          <PlainLink href={newest}>
            Newest task, <Instant at={group.newestAt} mode="minutes" />
          </PlainLink>
          <PlainLink href={tasksHref({ ...day, fingerprint: group.fingerprint })}>
            All {plural(group.failures, 'failure')} of the day
          </PlainLink>
        </p>
      </div>
      <Counts group={group} />
    </article>
  );
}

/** Hosts, versions, exit codes and since when: how far the problem reaches. */
function Where({ group, day }: { group: ReviewGroup; day: { from: string; to: string; cluster: string } }) {
  const hosts = group.hosts.slice(0, SHOWN_HOSTS);
  const moreHosts = group.hosts.length - hosts.length;
  const versions = group.versions.slice(0, SHOWN_VERSIONS);
  const moreVersions = group.versions.length - versions.length;
  return (
    <dl className={classes.where}>
      <div>
        <dt>{group.hosts.length === 1 ? 'Host' : 'Hosts'}</dt>
        <dd>
          {hosts.map(({ host, failures }, index) => (
            <span key={host}>
              {index > 0 && ', '}
              <PlainLink href={hostHref(host, day)}>{host}</PlainLink>
              {group.hosts.length > 1 && ` ${formatCount(failures)}`}
            </span>
          ))}
          {moreHosts > 0 && ` and ${moreHosts} more`}
        </dd>
      </div>
      {versions.length > 0 && (
        <div>
          <dt>{group.versions.length === 1 ? 'Version' : 'Versions'}</dt>
          <dd>
            {versions.join(', ')}
            {moreVersions > 0 && ` and ${moreVersions} more`}
          </dd>
        </div>
      )}
      {group.exitCodes.length > 0 && (
        <div>
          <dt>{group.exitCodes.length === 1 ? 'Exit code' : 'Exit codes'}</dt>
          <dd>{group.exitCodes.join(', ')}</dd>
        </div>
      )}
      <div>
        <dt>First seen</dt>
        <dd>
          <Instant at={group.firstSeenAt} mode="minutes" />
        </dd>
      </div>
    </dl>
  );
}

function Counts({ group }: { group: ReviewGroup }) {
  return (
    <dl className={classes.counts}>
      <div className={classes.today}>
        <dt>failures</dt>
        <dd>{formatCount(group.failures)}</dd>
      </div>
      <div>
        <dt>day before</dt>
        <dd>
          {formatCount(group.dayBefore)} <strong>{formatDelta(group.failures, group.dayBefore)}</strong>
        </dd>
      </div>
      <div title="The same weekday a week earlier">
        <dt>week before</dt>
        <dd>{group.sameWeekdayBefore === null ? 'not known' : formatCount(group.sameWeekdayBefore)}</dd>
      </div>
    </dl>
  );
}

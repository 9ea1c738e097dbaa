import { CauseMark } from '@/components/task-ends/cause-mark';
import { exitCodeMeaning } from '@/components/tasks/exit-code-meaning';
import { ProofMark } from '@/components/tasks/verdict-marks';
import { Instant } from '@/components/ui/instant';
import { PlainLink } from '@/components/ui/plain-link';
import type { ReviewBody, ReviewGroup } from '@/lib/contracts/review';
import { causeGroup } from '@/lib/domain/cause-group';
import { appHref, hostHref, taskHref, tasksHref } from '@/lib/format/hrefs';
import { formatCount } from '@/lib/format/numbers';

import { formatDelta } from './delta';
import classes from './review.module.css';
import { StatusMark } from './status-mark';

const SHOWN_HOSTS = 3;
const SHOWN_VERSIONS = 2;

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
  return (
    <article className={classes.entry} aria-label={group.appId ?? group.subject}>
      <div className={classes.words}>
        <h3 className={classes.subject}>
          {group.appId === null ? (
            group.subject
          ) : (
            <PlainLink href={appHref(group.appId, day)}>{group.appId}</PlainLink>
          )}{' '}
          <StatusMark status={group.status} />{' '}
          <PlainLink
            className={classes.newest}
            href={taskHref({ cluster: group.cluster, taskId: group.newestTaskId, id: group.newestId })}
          >
            Newest: <Instant at={group.newestAt} mode="minutes" />
          </PlainLink>
        </h3>
        <p className={classes.cause}>
          <CauseMark
            cause={group.cause}
            group={causeGroup({ cause: group.cause, state: 'TASK_FAILED', disposition: 'failure' })}
          />
          <ProofMark proof={group.proof} />
          <ExitCodes codes={group.exitCodes} />
        </p>
        <p className={classes.summary} title={group.summary}>
          {group.summary}
        </p>
      </div>
      <Where group={group} day={day} />
      <Counts group={group} day={day} />
    </article>
  );
}

type Day = { from: string; to: string; cluster: string };

function ExitCodes({ codes }: { codes: number[] }) {
  if (codes.length === 0) return null;
  return (
    <span
      className={classes.muted}
      title={codes.map((code) => `${code} = ${exitCodeMeaning(code)}`).join('\n')}
    >
      exit {codes.join(', ')}
    </span>
  );
}

/** Hosts, versions and since when: how far the problem reaches. */
function Where({ group, day }: { group: ReviewGroup; day: Day }) {
  const hosts = group.hosts.slice(0, SHOWN_HOSTS);
  const versions = group.versions.slice(0, SHOWN_VERSIONS);
  return (
    <dl className={classes.where}>
      <div>
        <dt>{group.hosts.length === 1 ? 'Host' : 'Hosts'}</dt>
        <dd>
          {hosts.map(({ host, failures }) => (
            <span key={host} className={classes.item}>
              <PlainLink href={hostHref(host, day)}>{host}</PlainLink>
              {group.hosts.length > 1 && ` ×${formatCount(failures)}`}
            </span>
          ))}
          <More count={group.hosts.length - hosts.length} />
        </dd>
      </div>
      {versions.length > 0 && (
        <div>
          <dt>{group.versions.length === 1 ? 'Version' : 'Versions'}</dt>
          <dd>
            {versions.map((version) => (
              <span key={version} className={classes.item} title={version}>
                <Version version={version} />
              </span>
            ))}
            <More count={group.versions.length - versions.length} />
          </dd>
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

/** Marathon names versions by their instant; anything else stands as it is. */
function Version({ version }: { version: string }) {
  return Number.isNaN(Date.parse(version)) ? version : <Instant at={version} mode="minutes" />;
}

function More({ count }: { count: number }) {
  return count > 0 && <span className={classes.muted}>and {count} more</span>;
}

function Counts({ group, day }: { group: ReviewGroup; day: Day }) {
  return (
    <dl className={classes.counts}>
      <div className={classes.today}>
        <dt>failures</dt>
        <dd>
          <PlainLink
            href={tasksHref({ ...day, fingerprint: group.fingerprint })}
            title="All of them as a list"
          >
            {formatCount(group.failures)}
          </PlainLink>
        </dd>
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

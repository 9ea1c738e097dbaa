'use client';

import { usePageWindow } from '@/components/shell/use-page-window';
import { CauseMark } from '@/components/task-ends/cause-mark';
import { Empty } from '@/components/ui/empty';
import { Instant } from '@/components/ui/instant';
import { KeyFigures } from '@/components/ui/key-figures';
import { LiveNotice } from '@/components/ui/live-notice';
import { Notice } from '@/components/ui/notice';
import { Page } from '@/components/ui/page';
import { PageHeader } from '@/components/ui/page-header';
import { Panel } from '@/components/ui/panel';
import { PlainLink } from '@/components/ui/plain-link';
import { type Initial, useLive } from '@/components/ui/use-live';
import { type DayTotals, ReviewBody } from '@/lib/contracts/review';
import { causeGroup } from '@/lib/domain/cause-group';
import { reviewHref, tasksHref, withQuery } from '@/lib/format/hrefs';
import { formatCount, NOT_KNOWN, plural } from '@/lib/format/numbers';
import { formatDay } from '@/lib/format/times';

import { formatDelta } from './delta';
import classes from './review.module.css';
import { ReviewGroups } from './review-groups';

/** One day's failures, each problem once, held against the day before. */
export function ReviewView({ day, initial }: { day: string; initial: Initial<ReviewBody> }) {
  const { window } = usePageWindow();
  const url = withQuery(`/api/v1${reviewHref(day)}`, { cluster: window.cluster });
  const live = useLive({ url, schema: ReviewBody, initial });
  const body = live.data;
  return (
    <Page>
      <PageHeader
        title={`Review of ${formatDay(body.day)}`}
        note={
          <>
            Every failed task from <Instant at={body.from} mode="minutes" /> to{' '}
            <Instant at={body.to} mode="minutes" />, the day in {body.timeZone}
          </>
        }
        actions={<DayLinks body={body} cluster={window.cluster} />}
      />
      <LiveNotice live={live} />
      <DayNotices body={body} />
      <Totals body={body} />
      <Panel
        title={problemsTitle(body)}
        note={body.groups.length === 0 ? undefined : 'grouped by app and cause, the newest failure first'}
        actions={
          <PlainLink
            href={tasksHref({
              from: body.from,
              to: body.to,
              disposition: 'failure',
              cluster: window.cluster,
            })}
          >
            All failures as a list
          </PlainLink>
        }
        flush
      >
        {body.groups.length === 0 ? <NothingFailed body={body} /> : <ReviewGroups body={body} />}
      </Panel>
      {body.gone.length > 0 && <Gone body={body} />}
    </Page>
  );
}

function DayLinks({ body, cluster }: { body: ReviewBody; cluster: string | null }) {
  return (
    <nav aria-label="Days" className={classes.days}>
      <PlainLink href={reviewHref(body.previousDay, { cluster })} rel="prev">
        ← {formatDay(body.previousDay)}
      </PlainLink>
      {body.nextDay !== null && (
        <PlainLink href={reviewHref(body.nextDay, { cluster })} rel="next">
          {formatDay(body.nextDay)} →
        </PlainLink>
      )}
      <button type="button" className={classes.print} onClick={() => globalThis.print()}>
        Print
      </button>
    </nav>
  );
}

function DayNotices({ body }: { body: ReviewBody }) {
  return (
    <>
      {body.partial && (
        <Notice tone="blind" role="note">
          This day is not over: its numbers are held against the whole day before.
        </Notice>
      )}
      {body.gaps.map((gap) => (
        <Notice key={`${gap.kind} ${gap.from} ${gap.to}`} tone="warn" role="note">
          Task ends may be missing from <Instant at={gap.from} mode="minutes" /> to{' '}
          <Instant at={gap.to} mode="minutes" />: {gap.detail}
        </Notice>
      ))}
    </>
  );
}

function Totals({ body: { totals, totalsBefore } }: { body: ReviewBody }) {
  const figure = (label: string, count: keyof DayTotals, title: string) => {
    const [now, before] = [totals?.[count], totalsBefore?.[count]];
    return {
      label,
      value: now === undefined ? NOT_KNOWN : formatCount(now),
      note:
        before === undefined
          ? 'the day before is not known'
          : `${formatCount(before)} the day before${now === undefined ? '' : ` (${formatDelta(now, before)})`}`,
      title,
    };
  };
  return (
    <KeyFigures
      label="The day against the day before"
      figures={[
        {
          ...figure('Failures', 'failed', 'Task ends that nobody asked for'),
          tone: totals && totalsBefore && totals.failed > totalsBefore.failed ? 'bad' : undefined,
        },
        figure('Problems', 'groups', 'Groups of failures with the same app and cause'),
        figure('Killed', 'killed', 'Killed on request: deployments, scaling, operators'),
        figure('All ends', 'ended', 'Every task that ended, for whatever reason'),
      ]}
    />
  );
}

function problemsTitle({ totals }: ReviewBody): string {
  if (totals === null) return 'Problems';
  return totals.groups === 0 ? 'No problems' : plural(totals.groups, 'problem');
}

function NothingFailed({ body }: { body: ReviewBody }) {
  if (body.totals === null) {
    return (
      <Empty title="Not observed">
        exit137 read no Mesos master on this day, and knows no task that ended on it.
      </Empty>
    );
  }
  if (body.gaps.length > 0) {
    return (
      <Empty title="No failure was seen, but the day was not wholly observed.">See the notices above.</Empty>
    );
  }
  return <Empty title={body.partial ? 'No task failed so far today.' : 'No task failed on this day.'} />;
}

function Gone({ body }: { body: ReviewBody }) {
  return (
    <Panel title="Gone since the day before" note="failed then, not on this day">
      <ul className={classes.gone}>
        {body.gone.map((gone) => (
          <li key={`${gone.cluster} ${gone.fingerprint}`}>
            <PlainLink
              href={tasksHref({ fingerprint: gone.fingerprint, cluster: gone.cluster, range: '7d' })}
            >
              {gone.appId ?? gone.subject}
            </PlainLink>{' '}
            <CauseMark
              cause={gone.cause}
              group={causeGroup({ cause: gone.cause, state: 'TASK_FAILED', disposition: 'failure' })}
            />{' '}
            <span className={classes.muted}>{plural(gone.failures, 'failure')} the day before</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

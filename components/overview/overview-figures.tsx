import { type KeyFigure, KeyFigures } from '@/components/ui/key-figures';
import { PlainLink } from '@/components/ui/plain-link';
import { isObserved } from '@/lib/charts/timeline-model';
import type { FleetRate, OverviewBody } from '@/lib/contracts/stats';
import { tasksHref, type WindowParams, withQuery } from '@/lib/format/hrefs';
import { formatChange, formatCount, formatRate, formatShare, plural } from '@/lib/format/numbers';

/** The window's numbers, each against the same hours of last week. FAILED and KILLED never share a number. */
export function OverviewFigures({ overview, links }: { overview: OverviewBody; links: WindowParams }) {
  const { now, weekBefore, agents } = overview;
  // Nobody looked: what was counted is not zero but unknown.
  const known = isObserved(overview.timeline);
  const figures: KeyFigure[] = [
    {
      label: 'Failed',
      value: (
        <PlainLink href={tasksHref({ ...links, disposition: 'failure' })}>
          {formatCount(known ? now.failed : null)}
        </PlainLink>
      ),
      note: against(known ? now.failed : null, weekBefore?.failed ?? null),
      tone: now.failed > 0 ? 'bad' : undefined,
      title: 'Task ends that are failures',
    },
    {
      label: 'Per 1,000 task-hours',
      value: formatRate(now.failuresPer1000TaskHours),
      note: rateNote(now, weekBefore),
      title: 'Failures per 1,000 hours of running tasks: fair to services that run for months',
    },
    {
      label: 'Share of ends that failed',
      value: formatShare(now.failureShare),
      note: weekBefore === null ? 'last week not known' : `last week ${formatShare(weekBefore.failureShare)}`,
    },
    {
      label: 'Killed',
      value: (
        <PlainLink
          href={tasksHref({ ...links, state: 'TASK_KILLED', disposition: ['normal', 'unexplained'] })}
        >
          {formatCount(known ? now.killed : null)}
        </PlainLink>
      ),
      note: against(known ? now.killed : null, weekBefore?.killed ?? null),
      title: 'KILLED by deploys, scaling and people: no failures',
    },
    {
      label: 'Ended in all',
      value: formatCount(known ? now.ended : null),
      note: against(known ? now.ended : null, weekBefore?.ended ?? null),
    },
    {
      label: 'Running now',
      value: formatCount(overview.tasksRunning),
      note: (
        <PlainLink href={withQuery('/hosts', links)}>
          {agents.inactive > 0
            ? `${plural(agents.listed, 'agent')}, ${formatCount(agents.inactive)} inactive`
            : plural(agents.listed, 'agent')}
        </PlainLink>
      ),
      tone: agents.inactive > 0 ? 'warn' : undefined,
    },
  ];
  return <KeyFigures label="Key numbers" figures={figures} />;
}

function against(now: number | null, before: number | null): string {
  if (before === null) return 'last week not known';
  const change = formatChange(now, before);
  return change === null ? `last week ${formatCount(before)}` : `${change}, last week ${formatCount(before)}`;
}

function rateNote(now: FleetRate, before: FleetRate | null): string {
  if (before === null || before.failuresPer1000TaskHours === null) return 'last week not known';
  const change = formatChange(now.failuresPer1000TaskHours, before.failuresPer1000TaskHours);
  const text = `last week ${formatRate(before.failuresPer1000TaskHours)}`;
  return change === null ? text : `${change}, ${text}`;
}

import type { FleetRate } from '@/lib/contracts/stats';
import { formatRate } from '@/lib/format/numbers';

/** The fleet's rate in a page's head: what every row is held against. */
export function fleetNote(fleet: Pick<FleetRate, 'failuresPer1000TaskHours'>): string {
  const rate = fleet.failuresPer1000TaskHours;
  if (rate === null) return 'the fleet’s rate is not known: no task-hours were observed';
  return `fleet: ${formatRate(rate)} failures per 1,000 task-hours`;
}

/** `quiet` where somebody looked; where no task ran nor ended, nobody did, and that is not health. */
export function nothingFailed(fleet: Pick<FleetRate, 'ended' | 'taskHours'>, quiet: string): string {
  return fleet.ended === 0 && fleet.taskHours === 0 ? 'Nothing was observed in this window' : quiet;
}

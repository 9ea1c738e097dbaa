import type { TieKind } from '@/lib/domain/evidence';

/** By what a signal was tied, in words that stand before its reason. */
export const TIE_WORDS: Record<TieKind, string> = {
  container_id: 'By container id',
  pid: 'By process id',
  task_id: 'By task id',
  time_and_size: 'By host, time and memory size',
  time: 'By host and time',
};

import { CAUSE_LABELS, CAUSES, type Cause, DISPOSITIONS, type Disposition } from '@/lib/domain/cause';
import { CAUSE_GROUP_LABELS, causeGroup } from '@/lib/domain/cause-group';
import { END_STATES, type EndState } from '@/lib/domain/task';

import type { ChoiceGroup } from './choice-menu';

export const STATE_CHOICES: ChoiceGroup<EndState>[] = [
  {
    label: null,
    choices: END_STATES.map((value) => ({ value, label: value.replace('TASK_', '').replaceAll('_', ' ') })),
  },
];

export const DISPOSITION_CHOICES: ChoiceGroup<Disposition>[] = [
  { label: null, choices: DISPOSITIONS.map((value) => ({ value, label: value })) },
];

export const CAUSE_CHOICES: ChoiceGroup<Cause>[] = Object.entries(CAUSE_GROUP_LABELS)
  .map(([group, label]) => ({
    label,
    choices: CAUSES.filter((cause) => groupOf(cause) === group).map((value) => ({
      value,
      label: CAUSE_LABELS[value],
    })),
  }))
  .filter(({ choices }) => choices.length > 0);

function groupOf(cause: Cause): string {
  return causeGroup({ cause, state: 'TASK_FAILED', disposition: 'failure' });
}

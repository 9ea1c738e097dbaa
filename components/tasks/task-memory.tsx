'use client';

import { MemoryChart } from '@/components/charts/memory-chart';
import { Empty } from '@/components/ui/empty';
import { Instant } from '@/components/ui/instant';
import { taskMemoryModel } from '@/lib/charts/memory-model';
import type { TaskDetailBody } from '@/lib/contracts/task';
import { formatDuration } from '@/lib/format/durations';

import { agentErrorWords } from './agent-error-words';

/** How much memory the task used of its limit, up to its death. */
export function TaskMemoryPanel({ body }: { body: TaskDetailBody }) {
  const { task, memory } = body;
  const model =
    memory === null ? null : taskMemoryModel(memory, task.finishedAtKnown ? task.finishedAt : null);
  return <MemoryChart title="Memory until the end" model={model} empty={<NoMemory body={body} />} />;
}

function NoMemory({ body: { task, agent } }: { body: TaskDetailBody }) {
  return (
    <Empty title="No sample of its memory was taken">
      <p>
        {agent === null ? (
          'Its agent was never asked: exit137 watched too late, or sampling is off (AGENT_SAMPLE_INTERVAL_MS=0).'
        ) : agent.errorCode !== null ? (
          <>
            {agentErrorWords(agent.errorCode)}
            {agent.answeredAt !== null && (
              <>
                {' '}
                It answered <Instant at={agent.answeredAt} mode="relative" /> last.
              </>
            )}
          </>
        ) : (
          `Agents are asked once a while${ranFor(task)}; what lived between two questions is in none of the answers.`
        )}
      </p>
    </Empty>
  );
}

function ranFor({ startedAt, finishedAt, finishedAtKnown }: TaskDetailBody['task']): string {
  if (startedAt === null || !finishedAtKnown) return '';
  return `, and it ran for ${formatDuration(Date.parse(finishedAt) - Date.parse(startedAt))}`;
}

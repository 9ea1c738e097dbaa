import type { World } from '../model/world';

// Of no master: it stays the same over a failover, so that its tasks do.
const FRAMEWORK = '5f0d1e2c-0000-4000-8000-00000000f111-0000';
const TASKS_A_PIECE = 20;
const NOTE = 'x'.repeat(1100);

/** A framework of running tasks, `megabytes` of JSON, made piece by piece while it is sent and never held. */
export function* paddingBody(world: World, megabytes: number): Iterable<string> {
  const agents = [...world.master.agents.keys()];
  const startedAt = Math.floor(world.timeline.stampOf(world.presentAt)) - 86_400;
  const wanted = megabytes * 1024 * 1024;
  const head = {
    id: FRAMEWORK,
    name: 'ballast',
    user: 'root',
    hostname: 'ballast.example.test',
    webui_url: '',
    active: true,
    checkpoint: true,
    failover_timeout: 604_800,
    registered_time: startedAt,
    unregistered_time: 0,
    role: '*',
    offers: [],
    completed_tasks: [],
    unreachable_tasks: [],
  };
  const opening = `${JSON.stringify(head).slice(0, -1)},"tasks":[`;
  yield opening;
  let length = opening.length;
  for (let number = 0; length < wanted; ) {
    let piece = '';
    for (let added = 0; added < TASKS_A_PIECE; added += 1, number += 1) {
      piece += number === 0 ? '' : ',';
      piece += taskText(number, agents[number % agents.length] ?? 'none', startedAt);
    }
    length += piece.length;
    yield piece;
  }
  yield ']}';
}

function taskText(number: number, agentId: string, startedAt: number): string {
  const id = `ballast.${number}`;
  return (
    `{"id":"${id}","name":"ballast","framework_id":"${FRAMEWORK}","executor_id":"","slave_id":"${agentId}",` +
    `"state":"TASK_RUNNING","resources":{"cpus":0.1,"gpus":0,"mem":32,"disk":0},"role":"*","statuses":[` +
    `{"state":"TASK_STARTING","timestamp":${startedAt}.25},{"state":"TASK_RUNNING","timestamp":${startedAt}.5,` +
    `"container_status":{"container_id":{"value":"c-${number}"},"network_infos":[]}}],` +
    `"labels":[{"key":"note","value":"${NOTE}"}]}`
  );
}

import { basename } from 'node:path';

import { fileAnswer, madeAnswer } from './answers.mjs';
import { TASK_LISTS, tasksIn } from './mangle.mjs';

/** The /state of a capture that has none: agents, frameworks and tasks as the operator API told them. */
function stateFromV1(capture, tasks) {
  const snapshot = capture.value.subscribed?.get_state ?? {};
  const listed = (snapshot.get_frameworks?.frameworks ?? []).map(plainFramework);
  const ended = (snapshot.get_frameworks?.completed_frameworks ?? []).map(plainFramework);
  const known = new Map([...listed, ...ended].map((framework) => [framework.id, framework]));
  for (const list of TASK_LISTS) {
    for (const task of tasks[list] ?? []) {
      const id = task.framework_id?.value ?? 'unknown';
      if (!known.has(id)) {
        const framework = plainFramework({ framework_info: { id: { value: id } } });
        known.set(id, framework);
        listed.push(framework);
      }
      const target = list === 'completed_tasks' || list === 'unreachable_tasks' ? list : 'tasks';
      known.get(id)[target].push(plainTask(task));
    }
  }
  const times = TASK_LISTS.flatMap((list) => tasks[list] ?? [])
    .flatMap((task) => task.statuses ?? [])
    .map((status) => status.timestamp)
    .filter(Number.isFinite);
  // The same at each start, so that it is the same epoch of the same master.
  const elected = times.length > 0 ? Math.floor(Math.min(...times)) - 60 : 1;
  return {
    version: '1.4.0',
    id: `replay-${basename(capture.name, '.json')}`,
    hostname: 'replay',
    start_time: elected - 10,
    elected_time: elected,
    flags: { max_completed_tasks_per_framework: '1000' },
    slaves: (snapshot.get_agents?.agents ?? []).map(plainAgent),
    frameworks: listed,
    completed_frameworks: ended,
    orphan_tasks: [],
    unregistered_frameworks: [],
  };
}

const seconds = (time) => (Number.isFinite(time) ? time : (time?.nanoseconds ?? 0) / 1e9);

function plainFramework(framework) {
  const info = framework.framework_info ?? {};
  return {
    id: info.id?.value ?? framework.id?.value ?? framework.id ?? 'unknown',
    name: framework.name ?? info.name ?? '',
    hostname: framework.hostname ?? info.hostname ?? '',
    webui_url: framework.webui_url ?? info.webui_url ?? '',
    active: framework.active ?? true,
    registered_time: seconds(framework.registered_time),
    unregistered_time: seconds(framework.unregistered_time),
    tasks: [],
    unreachable_tasks: [],
    completed_tasks: [],
    offers: [],
    executors: [],
  };
}

function plainAgent(agent) {
  const info = agent.agent_info ?? agent;
  return {
    id: info.id?.value ?? info.id,
    hostname: info.hostname,
    pid: agent.pid ?? `slave(1)@${info.hostname}:${info.port ?? 5051}`,
    registered_time: seconds(agent.registered_time),
    resources: plainResources(info.resources),
    attributes: Array.isArray(info.attributes) ? {} : (info.attributes ?? {}),
    active: agent.active ?? true,
  };
}

function plainResources(resources) {
  if (!Array.isArray(resources)) return resources ?? {};
  return Object.fromEntries(resources.filter((one) => one.scalar).map((one) => [one.name, one.scalar.value]));
}

function plainTask(task) {
  return {
    id: task.task_id?.value,
    name: task.name,
    framework_id: task.framework_id?.value,
    executor_id: task.executor_id?.value ?? '',
    slave_id: task.agent_id?.value,
    state: task.state,
    resources: plainResources(task.resources),
    statuses: (task.statuses ?? []).map(({ state, timestamp, container_status, healthy }) => ({
      state,
      timestamp,
      container_status,
      healthy,
    })),
    labels: task.labels?.labels ?? task.labels,
  };
}

/**
 * One master per captured /state, with the operator API where a capture of it shares a framework with that state; and
 * one for each other capture of the operator API, with a /state made from it.
 */
export function masterServers(captures, mangle) {
  const states = captures.filter(({ kind }) => kind === 'master-state');
  const calls = captures.filter(({ kind }) => kind === 'get-tasks' || kind === 'subscribed');
  const metrics = captures.find(({ kind }) => kind === 'metrics');
  const servers = states.map((capture) => {
    const partner = calls.find((call) => sharesFramework(capture, call));
    if (partner) calls.splice(calls.indexOf(partner), 1);
    return masterServer(
      capture.name,
      fileAnswer(capture, mangle),
      partner && callAnswer(partner, mangle),
      metrics,
      mangle,
    );
  });
  for (const call of calls) {
    if (call.value === null) continue;
    const tasks = call.value.get_tasks ?? call.value.subscribed?.get_state?.get_tasks ?? {};
    const note = `made from ${call.name}; id, version, elected_time and flags are made up`;
    servers.push(
      masterServer(
        call.name,
        madeAnswer(stateFromV1(call, tasks), note, mangle),
        callAnswer(call, mangle),
        null,
        mangle,
      ),
    );
  }
  return servers;
}

function callAnswer(call, mangle) {
  if (call.kind === 'get-tasks') return fileAnswer(call, mangle);
  const tasks = call.value?.subscribed?.get_state?.get_tasks ?? {};
  return madeAnswer({ type: 'GET_TASKS', get_tasks: tasks }, `the snapshot in ${call.name}`, mangle);
}

function sharesFramework(state, call) {
  if (state.value === null || call.value === null) return false;
  const ids = new Set(
    [...state.value.frameworks, ...(state.value.completed_frameworks ?? [])].map(({ id }) => id),
  );
  return tasksIn(call.value).some((task) => ids.has(task.framework_id?.value));
}

function masterServer(name, state, call, metrics, mangle) {
  const routes = new Map();
  for (const path of ['/state', '/state.json', '/master/state', '/master/state.json'])
    routes.set(path, state);
  if (call) routes.set('/api/v1', call).set('/master/api/v1', call);
  if (metrics) routes.set('/metrics/snapshot', fileAnswer(metrics, mangle));
  return { kind: 'master', name, routes };
}

import { createReadStream } from 'node:fs';

import { fileAnswer, madeAnswer } from './answers.mjs';

const MARATHON_KINDS = [
  'apps',
  'app',
  'groups',
  'deployments',
  'queue',
  'info',
  'pods',
  'pod',
  'pod-statuses',
  'tasks',
  'events',
];

/** One Marathon from everything Marathon ever answered; null where nothing was captured. */
export function marathonServer(captures, frameworkId, mangle) {
  const mine = captures.filter(({ kind }) => MARATHON_KINDS.includes(kind));
  if (mine.length === 0) return null;
  const of = (...kinds) => mine.filter(({ kind }) => kinds.includes(kind));
  const routes = new Map();

  const appFiles = of('apps', 'app', 'groups');
  const apps = appFiles.flatMap(({ kind, value }) => appsIn(kind, value));
  const list = { apps: uniqueById(apps) };
  const onlyApps = appFiles.length === 1 && appFiles[0].kind === 'apps' ? appFiles[0] : null;
  routes.set(
    '/v2/apps',
    onlyApps ? fileAnswer(onlyApps, mangle) : madeAnswer(list, together(appFiles), mangle),
  );
  for (const app of list.apps) routes.set(`/v2/apps${app.id}`, madeAnswer({ app }, null, mangle));

  routes.set(
    '/v2/deployments',
    oneOrJoined(of('deployments'), (values) => values.flat(), mangle),
  );
  const joinQueues = (values) => ({ queue: values.flatMap((value) => value?.queue ?? []) });
  routes.set('/v2/queue', oneOrJoined(of('queue'), joinQueues, mangle));
  const joinTasks = (values) => ({ tasks: values.flatMap((value) => value?.tasks ?? []) });
  routes.set('/v2/tasks', oneOrJoined(of('tasks'), joinTasks, mangle));

  const groupPods = of('groups').flatMap(({ value }) => podsInGroup(value));
  const pods = uniqueById([
    ...of('pod').map(({ value }) => value),
    ...of('pods').flatMap(({ value }) => value),
    ...groupPods,
  ]);
  routes.set('/v2/pods', madeAnswer(pods, together(of('pod', 'pods', 'groups')), null));
  const statuses = of('pod-statuses')[0];
  const made = pods.map((spec) => ({
    id: spec.id,
    spec,
    status: 'STABLE',
    instances: [],
    terminationHistory: [],
  }));
  routes.set(
    '/v2/pods/::status',
    statuses ? fileAnswer(statuses, mangle) : madeAnswer(made, 'made up from the pods', null),
  );

  routes.set('/v2/info', infoAnswer(of('info')[0], captures, frameworkId));
  routes.set('/ping', { from: null, send: async (response) => response.end('pong') });
  const events = of('events')[0];
  if (events) routes.set('/v2/events', eventsAnswer(events));
  return { kind: 'marathon', name: 'Marathon', routes };
}

function appsIn(kind, value) {
  if (value === null) return [];
  if (kind === 'app') return [value.app ?? value];
  if (kind === 'apps') return value.apps;
  return [...(value.apps ?? []), ...(value.groups ?? []).flatMap((group) => appsIn('groups', group))];
}

function podsInGroup(group) {
  return [...(group?.pods ?? []), ...(group?.groups ?? []).flatMap(podsInGroup)];
}

function uniqueById(items) {
  return [...new Map(items.filter((item) => item?.id).map((item) => [item.id, item])).values()];
}

function together(captures) {
  if (captures.length === 0) return 'made up: empty';
  return `put together from ${captures.map(({ name }) => name).join(', ')}`;
}

function oneOrJoined(captures, join, mangle) {
  if (captures.length === 1) return fileAnswer(captures[0], mangle);
  return madeAnswer(join(captures.map(({ value }) => value)), together(captures), mangle);
}

function infoAnswer(capture, captures, frameworkId) {
  if (capture && frameworkId === null) return fileAnswer(capture, null);
  const id = frameworkId ?? marathonFrameworks(captures)[0] ?? 'replay-0000';
  const base = capture?.value ?? { name: 'marathon', version: 'unknown', elected: true };
  const note = capture ? `${capture.name} with frameworkId ${id}` : `made up, frameworkId ${id}`;
  return madeAnswer({ ...base, frameworkId: id }, note, null);
}

/** Ids of frameworks called marathon in the captured masters, those still registered first. */
export function marathonFrameworks(captures) {
  const states = captures.filter(({ kind, value }) => kind === 'master-state' && value !== null);
  const listed = states.flatMap(({ value }) => [...value.frameworks, ...(value.completed_frameworks ?? [])]);
  return listed.filter(({ name }) => name === 'marathon').map(({ id }) => id);
}

function eventsAnswer(capture) {
  return {
    from: `${capture.name} (then the stream stays open)`,
    type: 'text/event-stream',
    async send(response) {
      createReadStream(capture.path).pipe(response, { end: false });
    },
  };
}

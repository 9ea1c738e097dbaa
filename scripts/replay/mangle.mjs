export const MANGLES = ['truncate', 'utf8', 'unknown-state', 'numbers-as-strings', 'labels-array'];

const BAD_BYTES_MARK = '__not_utf8__';

/** A copy of a reply in which one task (or app) in N is wrong in the chosen way, as bytes. */
export function mangledBytes(value, { how, every }) {
  const copy = structuredClone(value);
  tasksIn(copy).forEach((task, index) => {
    if (index % every === Math.floor(every / 2)) mangleTask(task, how);
  });
  const bytes = Buffer.from(JSON.stringify(copy));
  if (how !== 'utf8') return bytes;
  const mark = Buffer.from(BAD_BYTES_MARK);
  for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, at)) {
    // A lone continuation byte, a byte that never occurs, and a sequence that breaks off.
    bytes
      .fill(0x80, at, at + 4)
      .fill(0xff, at + 4, at + 8)
      .fill(0xc3, at + 8, at + mark.length);
  }
  return bytes;
}

function mangleTask(task, how) {
  if (how === 'utf8') task.name = `${BAD_BYTES_MARK}${task.name ?? ''}`;
  if (how === 'labels-array') task.labels = [];
  if (how === 'numbers-as-strings') stringifyNumbers(task);
  if (how === 'unknown-state') {
    task.state = 'TASK_EXPLODED';
    const last = task.statuses?.at(-1);
    if (last) last.state = 'TASK_EXPLODED';
  }
}

function stringifyNumbers(value) {
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === 'number') value[key] = String(inner);
    else if (typeof inner === 'object' && inner !== null) stringifyNumbers(inner);
  }
}

export const TASK_LISTS = ['tasks', 'unreachable_tasks', 'completed_tasks', 'orphan_tasks', 'pending_tasks'];

/** Every task (or app) in a reply, whatever kind of reply it is. */
export function tasksIn(value) {
  const state = value.subscribed?.get_state?.get_tasks ?? value.get_tasks ?? null;
  if (state) return TASK_LISTS.flatMap((list) => state[list] ?? []);
  const frameworks = [...(value.frameworks ?? []), ...(value.completed_frameworks ?? [])];
  if (frameworks.length > 0)
    return frameworks.flatMap((one) => TASK_LISTS.flatMap((list) => one[list] ?? []));
  return [...(value.tasks ?? []), ...(value.apps ?? [])];
}

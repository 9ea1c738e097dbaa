import { open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';

// A larger file is told apart by its head only: parsing it would take gigabytes.
const MAX_PARSED_BYTES = 200 * 1024 * 1024;
const HEAD_BYTES = 65_536;
const MAX_DEPTH = 4;

/** Every .json and .txt below a folder, four levels deep. */
export async function listFiles(dir, depth = 0) {
  const found = [];
  const entries = await readdir(dir, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => a.name.localeCompare(b.name))) {
    const path = join(dir, entry.name);
    if (entry.isDirectory() && depth < MAX_DEPTH) found.push(...(await listFiles(path, depth + 1)));
    else if (entry.isFile() && /\.(json|txt)$/.test(entry.name)) found.push(path);
  }
  return found;
}

/** A file with its kind, and its parsed content where it could be parsed. */
export async function readCapture(dir, path) {
  const { size } = await stat(path);
  const name = relative(dir, path) || basename(path);
  if (size <= MAX_PARSED_BYTES) {
    const text = await readFile(path, 'utf8');
    if (/^event: /m.test(text.slice(0, HEAD_BYTES))) return { path, name, kind: 'events', value: null };
    try {
      const value = JSON.parse(text);
      return { path, name, kind: kindOf(value), value };
    } catch {
      return { path, name, kind: kindOfHead(text.slice(0, HEAD_BYTES)), value: null };
    }
  }
  const file = await open(path);
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(HEAD_BYTES) });
  await file.close();
  return { path, name, kind: kindOfHead(buffer.toString('utf8', 0, bytesRead)), value: null };
}

function kindOf(value) {
  if (Array.isArray(value)) {
    const first = value[0] ?? {};
    if ('affectedApps' in first || 'currentActions' in first) return 'deployments';
    if ('spec' in first && 'instances' in first) return 'pod-statuses';
    if (Array.isArray(first.containers)) return 'pods';
    return 'unknown';
  }
  if (typeof value !== 'object' || value === null) return 'unknown';
  if (value.type === 'GET_TASKS' || value.get_tasks) return 'get-tasks';
  if (value.type === 'SUBSCRIBED' || value.subscribed) return 'subscribed';
  if (Array.isArray(value.slaves) && Array.isArray(value.frameworks)) return 'master-state';
  if (Array.isArray(value.frameworks) && ('master_hostname' in value || 'attributes' in value))
    return 'agent-state';
  if ('marathon_config' in value || ('frameworkId' in value && 'version' in value)) return 'info';
  if (Array.isArray(value.queue)) return 'queue';
  if (Array.isArray(value.groups)) return 'groups';
  if (Array.isArray(value.apps)) return 'apps';
  if (value.app?.id) return 'app';
  if (Array.isArray(value.tasks) && value.tasks.every((task) => 'appId' in task)) return 'tasks';
  if (Array.isArray(value.containers) && value.id) return 'pod';
  if (typeof value.id === 'string' && ('instances' in value || 'cpus' in value)) return 'app';
  if (Object.keys(value).some((key) => key.startsWith('master/'))) return 'metrics';
  return 'unknown';
}

/** For what is too large or too broken to be parsed. */
function kindOfHead(head) {
  if (/"type"\s*:\s*"GET_TASKS"/.test(head)) return 'get-tasks';
  if (/"type"\s*:\s*"SUBSCRIBED"/.test(head)) return 'subscribed';
  if (/"(activated_slaves|elected_time)"/.test(head)) return 'master-state';
  if (/"master_hostname"/.test(head)) return 'agent-state';
  if (/^\s*\{\s*"apps"/.test(head)) return 'apps';
  return 'unknown';
}

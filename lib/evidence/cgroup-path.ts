import type { Orchestrator } from '@/lib/domain/log-signal';

const MAX_PATH = 4_096;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const HEX = /^[0-9a-f]{12,64}$/;
/**
 * `docker-<id>.scope`, `cri-containerd-<id>.scope`, `crio-<id>.scope`, `libpod-<id>.scope`: the systemd driver of
 * Docker, containerd, CRI-O, Podman. `<slice>:cri-containerd:<id>`: runc's systemd form where systemd is absent.
 */
const SCOPE = /^(?:[^/]{1,255}:)?([a-z][a-z-]{1,31})[-:]([0-9a-f]{12,64})(?:\.scope)?$/;
/** Scopes that hold a container's monitor, not the container. */
const MONITORS = /conmon/;

/** From the outermost sign inwards: who runs a container inside an LXC guest or a pod is none of ours. */
const ORCHESTRATOR_SIGNS: readonly [Orchestrator, RegExp][] = [
  ['lxc', /^\/(?:lxc|lxc\.payload|lxc\.monitor)[./]/],
  ['kubernetes', /kubepods|\/kubelet\b|\bpod[0-9a-f]{8}[-_][0-9a-f]{4}[-_]/],
  ['ecs', /^\/ecs\/|\/ecstasks|^\/ecs-/],
  ['mesos', /\/mesos\/[0-9a-f]{8}-/],
  ['kubernetes', /cri-containerd|\bcrio-[0-9a-f]{12}/],
  ['other', /libpod|nerdctl|\/garden\/|\/nomad|^\/actions_job\//],
  ['docker', /\/docker\/|\bdocker-[0-9a-f]{12,64}\.scope/],
  ['lxc', /\/lxc[./]/],
  ['systemd', /\.service\b|^\/user\.slice|^\/init\.scope|\/session-[^/]{1,32}\.scope/],
];

/** What runs a cgroup, by its path. `/` and paths that say nothing are `other`. */
export function orchestratorOf(path: string): Orchestrator {
  const looked = path.slice(0, MAX_PATH);
  for (const [orchestrator, sign] of ORCHESTRATOR_SIGNS) if (sign.test(looked)) return orchestrator;
  return 'other';
}

/**
 * The innermost container that a cgroup path names: Docker's id (64 hex, or as many as printed), or the Mesos
 * container id of `/mesos/<uuid>`, `parent.child` for nested ones (`/mesos/<uuid>/mesos/<uuid>`). Null: none.
 */
export function containerOf(path: string): string | null {
  const segments = path.slice(0, MAX_PATH).split('/');
  for (let index = segments.length - 1; index >= 0; index -= 1) {
    const segment = segments[index] ?? '';
    const id = idOfSegment(segment);
    if (id) return id;
    if (UUID.test(segment) && segments[index - 1] === 'mesos') return mesosIdAt(segments, index);
  }
  return null;
}

/** The id in a cgroup's own name, as `cpuset=` prints it. Null: the name is none of a container. */
export function idOfSegment(segment: string): string | null {
  if (HEX.test(segment) && /\d/.test(segment)) return segment;
  const scope = SCOPE.exec(segment);
  if (!scope || MONITORS.test(scope[1] ?? '')) return null;
  return scope[2] ?? null;
}

function mesosIdAt(segments: readonly string[], index: number): string {
  const ids = [segments[index] ?? ''];
  for (let at = index - 2; at > 0; at -= 2) {
    const parent = segments[at] ?? '';
    if (!UUID.test(parent) || segments[at - 1] !== 'mesos') break;
    ids.unshift(parent);
  }
  return ids.join('.');
}

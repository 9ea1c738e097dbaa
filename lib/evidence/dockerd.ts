import type { LogFact, LogSignature, LogSource } from '@/lib/domain/log-signal';
import { executorIn, isAgentLine } from './agent-line';
import { containerIn } from './line-container';
import type { LogLine } from './log-line';
import { newSignal } from './new-signal';
import type { LineParser } from './source-parser';

/** `matches` looks at the line's message; the first rule of the list that answers true gives the signature. */
type TextRule = { signature: LogSignature; matches: (text: string, line: LogLine) => boolean };

/** Of a message so much is looked at. */
const MAX_LOOKED = 8_192;

/**
 * Texts of dockerd and containerd of all ages (logfmt, JSON, plain, Windows), of the docker client, and of those
 * who stand in between: kubelet, the Mesos agent, health monitors. Sources: moby daemon/, libcontainerd/, layer/,
 * daemon/graphdriver/, containerd, kubernetes pkg/kubelet/images, node-problem-detector's rules.
 */
export const dockerdParser: LineParser = {
  needles: [
    'failed to exit within',
    'exit event',
    ' be killed',
    'annot kill ',
    'annot stop ',
    'annot restart ',
    'nable to kill ',
    'nable to stop ',
    'SIGKILL container',
    'ailed to kill',
    'ailed to stop',
    'rror killing',
    'rror stopping',
    'rror sending stop',
    ' to be stopped',
    'ocker stop timed out',
    'kill failed',
    "'docker stop",
    "'docker kill",
    '/kill returned',
    '/stop returned',
    'o such container',
    'o such id',
    'ontainer not found',
    'Docker daemon',
    'docker daemon',
    'docker.sock',
    'containerd.sock',
    'to containerd',
    'to start containerd',
    'restarting containerd',
    'restarting docker-containerd',
    'containerd-shim',
    'ttrpc: cl',
    'ttrpc: server closed',
    'connection is unavailable',
    'transport is closing',
    'error reading from server: ',
    'did not exit successfully',
    'waiting for containerd',
    'waiting for docker-containerd',
    'did not start before the specified timeout',
    'not responding',
    'eadline exceeded',
    'DeadlineExceeded',
    'PLEG is not healthy',
    'runtime is down',
    'untime docker failed',
    'UnixHTTPConnectionPool',
    'inspect timed out',
    'docker ps',
    'docker info',
    'docker version',
    'docker inspect',
    'o space left',
    'not enough space on the disk',
    'hin Pool has',
    'hin pool ',
    'device-mapper: ',
    'dm_task_run failed',
    'devmapper: ',
    'devicemapper',
    'register layer',
    'layer verification',
    'processing tar file',
    'ApplyLayer',
    ': invalid argument',
    'overlay mount',
    'layer does not exist',
    'match image configuration',
    'commit digest',
    'invalid tar header',
    'extract layer',
    'eeds cleaning',
    'nput/output error',
    'OCI runtime start failed',
    'arbage collect',
    'anted to free',
    'ImageGCFailed',
    'FreeDiskSpaceFailed',
    'high threshold',
    'unable to delete',
    'prune images',
  ],
  parse: parseDockerd,
};

function parseDockerd(line: LogLine): LogFact[] {
  const text = line.message.slice(0, MAX_LOOKED);
  if (IGNORED.test(text)) return [];
  const rule = RULES.find(({ matches }) => matches(text, line));
  if (!rule) return [];
  const source = sourceOf(line, text);
  const agent = source === 'mesos_agent' ? executorIn(text) : { taskId: null, frameworkId: null };
  return [
    {
      signal: newSignal(rule.signature, source, line, {
        containerId: NAMES_NO_CONTAINER.has(rule.signature) ? null : containerIn(text),
        seconds: rule.signature === 'docker_kill_timeout' ? secondsIn(text) : null,
        device: rule.signature === 'devicemapper' ? deviceIn(text) : null,
        ...agent,
      }),
    },
  ];
}

/** Ids in their lines are of images, layers, or of bystanders. */
const NAMES_NO_CONTAINER: ReadonlySet<LogSignature> = new Set([
  'layer_corruption',
  'image_gc',
  'devicemapper',
]);

/** What people and tools did or looked for, quoting the texts: no sign of their own. */
const IGNORED = /\bCOMMAND=|\bGET \/(?:v[\d.]{1,6}\/)?(?:search|query)|\bgrep\b.{0,80}\bspace left/;

const RULES: readonly TextRule[] = [
  { signature: 'image_gc', matches: isImageGc },
  { signature: 'devicemapper', matches: isDevicemapper },
  { signature: 'no_space', matches: isNoSpace },
  { signature: 'xfs_or_ext4_error', matches: (text) => /\b[sS]tructure needs cleaning/.test(text) },
  { signature: 'layer_corruption', matches: isLayerCorruption },
  {
    signature: 'io_error',
    matches: (text) => /\/(?:docker|containerd)\/[^\n]{0,300}: [iI]nput\/output error/.test(text),
  },
  { signature: 'docker_kill_timeout', matches: (text) => KILL_TIMED_OUT.test(text) },
  { signature: 'container_not_found', matches: isContainerNotFound },
  { signature: 'docker_hang', matches: isDockerHang },
  { signature: 'docker_kill_timeout', matches: (text) => KILL_FAILED.test(text) },
  { signature: 'container_start_failed', matches: (text) => text.includes('OCI runtime start failed') },
];

// --- kills ---

/**
 * moby daemon/stop.go and daemon/kill.go, from 0.6 (`of lxc SIGKILL`) to 29 (`within 10s of signal 15`); containerd's
 * CRI plugin of StopContainer; Mesos src/slave/containerizer/docker.cpp (`Docker stop timed out`).
 */
const KILL_TIMED_OUT =
  /failed to exit within \d[\dhm.]{0,12} {0,2}s|failed to SIGKILL container|did not receive an exit event|is zombie and can ?not be killed|Failed to kill all processes in the container: Timed out|[eE]rror killing container: context deadline exceeded|waiting for container \\{0,3}"?[0-9a-zA-Z-]{1,80}\\{0,3}"? to be (?:killed|stopped)|\bDocker stop timed out for container\b/;

/** Somebody was killing or stopping a container when this was said. */
const KILLING =
  /\b(?:[cC]annot|[cC]an't|[cC]ould not|[uU]nable to) (?:kill|stop|restart)\b|\b[fF]ailed to (?:kill|stop|'docker (?:stop|kill))|\b[eE]rror (?:killing|stopping|sending stop)\b|\bkill(?:ing)? (?:of )?(?:the )?container|\bcontainer kill\b|\/containers\/[^/\s]{1,128}\/(?:kill|stop|restart)\b|\bdocker (?:stop|kill)\b|\b(?:Stop|Kill)Container\b|\baction=kill\b/;

/** … and failed. */
const KILL_FAILED =
  /\b(?:[cC]annot|[cC]ould not|[uU]nable to) (?:kill|stop) (?:the )?(?:[dD]ocker )?(?:[cC]ontainer|[sS]him)|\b[fF]ailed to (?:kill|stop|terminate) (?:the |all )?(?:[dD]ocker )?(?:[cC]ontainer|[pP]rocesses in|[sS]him|[sS]andbox)|\b[eE]rror (?:killing|stopping) (?:the )?[cC]ontainer|\b[eE]rror sending stop \(signal|[fF]ailed to '(?:[^']{0,200} )?docker (?:[^']{0,120} )?(?:stop|kill)\b|\/containers\/[^/\s]{1,128}\/(?:kill|stop)\b[^\n]{0,40} returned error/;

const GONE =
  /\b[nN]o such (?:container|process|id)\b|\b[cC]ontainer not found\b|\b(?:is|are) not running\b|\b[cC]ontainer (?:[0-9a-zA-Z-]{1,80} )?(?:does not exist|not running|destroyed)\b|\bprocess already finished\b|\bnot found\b/;

/**
 * Docker's API answers so. To a question it is ordinary: Mesos inspects a container before it is there, kubelet and
 * cAdvisor ask hundreds of times a minute for those that ended. It is a sign where somebody acts on the container.
 */
const NO_SUCH_CONTAINER =
  /\bNo such container\b|\bno such id: ?[0-9a-f]{12}|\bcontainerd: container not found/;
const ORDINARY_QUESTION =
  /\b(?:GET|HEAD) \/(?:v[\d.]{1,6}\/)?containers\/|\bContainerStatus\b|\blevel=debug\b/;

function isContainerNotFound(text: string): boolean {
  if (KILLING.test(text) && GONE.test(text)) return true;
  return NO_SUCH_CONTAINER.test(text) && !ORDINARY_QUESTION.test(text);
}

/** `10 seconds`, and Go's durations since 20.10: `10s`, `2m0s`, `1h0m0s`. */
function secondsIn(text: string): number | null {
  const [, hours, minutes, seconds] =
    /failed to exit within (?:(\d{1,4})h)?(?:(\d{1,4})m)?(\d{1,9}(?:\.\d{1,9})?) ?s/.exec(text) ?? [];
  if (seconds === undefined) return null;
  return Number(hours ?? 0) * 3_600 + Number(minutes ?? 0) * 60 + Number(seconds);
}

// --- a daemon that does not answer ---

const NO_ANSWER: readonly RegExp[] = [
  // The docker client and libraries.
  /[cC]annot connect to the [dD]ocker daemon/,
  /dial unix:? {0,2}[^\s"]{0,200}(?:docker|containerd)[^\s"]{0,100}\.sock\\?"?: (?:connect: )?(?:timeout|i\/o timeout|operation timed out|connection refused|resource temporarily unavailable|no such file|context deadline)/,
  /(?:docker\.sock|http:\/\/(?:unix(?:\.sock)?|docker|localhost)\/v\d)[^\n]{0,300}(?:request canceled|Client\.Timeout|timeout awaiting|timed out)/,
  /UnixHTTPConnectionPool\([^\n]{0,160}(?:Read timed out|Connection refused)/,
  // dockerd of its containerd.
  /[fF]ailed to (?:connect to|dial|start) \\?"?[^\s"]{0,120}containerd\b/,
  /grpc: the connection is unavailable/,
  /rpc error: code = (?:14|Unavailable) desc = [^\n]{0,200}(?:docker|containerd)[^\s]{0,60}\.sock/,
  /killing and restarting (?:docker-)?containerd/,
  /\bcontainerd did not exit successfully\b/,
  /(?:timeout|timed out) waiting for (?:docker-)?containerd/,
  /(?:rpc error|Error response from daemon)[^\n]{0,200}transport is closing/,
  /rpc error: code = Unavailable desc = error reading from server: [^\n]{0,200}\bmodule=libcontainerd\b/,
  // containerd 0.2, when a container's start hangs; dockerd waits for it under a lock.
  /container did not start before the specified timeout/,
  /\b(?:[dD]ocker(?:d| daemon)?|(?:docker-)?containerd)\b (?:service )?(?:is |was )?(?:not responding|unresponsive|not running|hung\b|down\b|failed!)/,
  /containerd-shim[^\n]{0,200}(?:connection refused|timeout|deadline exceeded)/,
  /ttrpc: (?:closed|client shutting down)/,
  // kubelet and health monitors of it.
  /PLEG is not healthy/,
  /[cC]ontainer runtime (?:is down|docker failed)/,
  // Mesos src/docker/docker.cpp and src/slave/containerizer/docker.cpp.
  /Docker inspect timed out/,
  /\bdocker (?:-[^\s]{1,80} ){0,4}(?:[^\s]{1,100} )?(?:ps|info|version|inspect|stop|kill|rm)\b[^\n]{0,160}(?:timed? ?out\b|\bhung\b|\bhang(?:s|ing)?\b|no response)/,
];

const DEADLINE = /context deadline exceeded|\bDeadlineExceeded\b/;
/** Whose deadline it was: Docker's, containerd's, or kubelet's towards them. */
const OF_DOCKER =
  /docker|containerd|shim|remote_runtime|remote_image|kuberuntime|ContainerStatus|ListContainers|RunPodSandbox|StopPodSandbox|generic\.go|pleg/i;
/** The form of dockerd's own log, which names no program where it is read from its file. */
const LOGRUS = /^time="[^"]{1,40}" level=(?:error|warning|fatal) msg=/;
/** Deadlines of the network, of other services and of a container's own health check. */
const OF_OTHERS =
  /https?:\/\/(?!%2F|unix|docker\/|localhost\/v\d)|registry|manifest|\bpull|resolv|\bdns\b|\braft\b|swarm|session failed|\betcd|plugin|dispatcher|\bquery\b|\bprobe\b|permission denied/i;

/** The command of a container's own health check took too long; with `rpc error` it is containerd that did. */
const OWN_CHECK = /[hH]ealth ?check(?![^\n]{0,400}rpc error)/;

function isDockerHang(text: string, line: LogLine): boolean {
  if (/permission denied/.test(text) || OWN_CHECK.test(text)) return false;
  if (NO_ANSWER.some((pattern) => pattern.test(text))) return true;
  if (!DEADLINE.test(text) || OF_OTHERS.test(text)) return false;
  if (OF_DOCKER.test(text) || /docker|containerd|kubelet/.test(line.program ?? '')) return true;
  return line.program === null && LOGRUS.test(text);
}

// --- disks, layers, pools ---

const NO_SPACE = /[nN]o space left on device|not enough space on the disk/;
/**
 * The kernel says ENOSPC for much that is no disk: cgroups (ids, an empty cpuset's `tasks`), inotify watches, System V
 * semaphores, shared memory, namespaces, mounts, routes. Looked for around the words, not in the whole line.
 */
const NO_DISK =
  /inotify|fsnotify|\bwatch(?:es|er|ers|ing)?\b|cgroup|cpuset|\/sys\/|\/proc\/|\bsem(?:get|op|ctl)\b|semaphore|mutex|shmget|shm_open|msgget|\/dev\/shm|RTNETLINK|netlink|nexthop|\broute\b|\bipset\b|\bbpf|\bkey(?:ctl|ring)|\bunshare\b|(?<!\bgit )\bclone\b|fork\/exec|namespace(?!=|["']?:)|perf_event|\bwrite (?:to )?['"]?tasks\b(?![./-])|\bmount [^\s:]{1,200}:[^\s:]{1,200} \(/i;

function isNoSpace(text: string): boolean {
  const found = NO_SPACE.exec(text);
  return found !== null && !NO_DISK.test(text.slice(Math.max(0, found.index - 320), found.index + 160));
}

const LAYER = new RegExp(
  [
    'failed to register layer',
    'layer verification failed',
    '[eE]rror processing tar file',
    'ApplyLayer [^\\n]{0,80}exit status',
    'readlink /[^\\s:]{0,300}/overlay2?\\b[^\\s:]{0,300}: invalid argument',
    'error creating overlay mount to [^\\n]{0,400}: (?:no such file or directory|invalid argument|too many levels of symbolic links)',
    'layer does not exist',
    "layers from manifest don't match image configuration",
    'unexpected commit digest',
    'invalid tar header',
    'failed to extract layer',
  ].join('|'),
);
const LAYER_ABANDONED = /context cancell?ed|connection reset|TLS handshake/;

function isLayerCorruption(text: string): boolean {
  return LAYER.test(text) && !LAYER_ABANDONED.test(text);
}

/** moby daemon/graphdriver/devmapper; kernel drivers/md/dm-thin.c. */
const POOL =
  /[tT]hin [pP]ool has \d{1,20} free (?:meta)?data blocks? which is less|\bdevmapper: [^\n]{0,300}(?:[eE]rror|[fF]ail|busy|[uU]nable|[nN]o space)|(?:[dD]river )?devicemapper(?:"|: | )[^\n]{0,300}(?:failed to|[eE]rror|no space)|device-mapper: (?:thin|thin pool|space map[a-z ]{0,20}|table|btree[a-z ]{0,12})\b[^\n]{0,200}(?:no free|out of (?:data|metadata)?|out-of-data-space|low water mark|read-only mode|[fF]ailed|[eE]rror|unable|aborting)|dm_task_run failed|[tT]hin pool [^\s]{1,128} (?:meta)?data is now \d/;

function isDevicemapper(text: string): boolean {
  return POOL.test(text);
}

function deviceIn(text: string): string | null {
  return /device-mapper: [a-z ]{1,32}: (\d{1,4}:\d{1,8}):/.exec(text)?.[1] ?? null;
}

// --- clean-up of images ---

const IMAGE_GC =
  /[iI]mage garbage collection failed|ImageGCFailed|FreeDiskSpaceFailed|[fF]ailed to garbage collect[^\n]{0,40} images|[wW]anted to free \d{1,20}(?: bytes)?,? but (?:only )?freed|[dD]isk usage on image filesystem [^\n]{0,80}high threshold|[fF]ailed to prune (?:unused )?images/;
const UNDELETABLE = /conflict: unable to (?:delete|remove repository reference)/;
const CLEANER = /docker-gc|docker_gc|[gG]arbage|image deletion|\bprun/;

function isImageGc(text: string, line: LogLine): boolean {
  if (IMAGE_GC.test(text)) return true;
  return UNDELETABLE.test(text) && (CLEANER.test(text) || CLEANER.test(line.program ?? ''));
}

/** Who said it, by tag or by form. Programs that merely met the trouble are `other`. */
function sourceOf(line: LogLine, text: string): LogSource {
  const program = line.program ?? '';
  if (isAgentLine(line)) return 'mesos_agent';
  if (program === 'kernel' || text.startsWith('device-mapper: ')) return 'kernel';
  if (/docker|containerd/.test(program)) return 'dockerd';
  return /\blevel=[a-z]{4,7}\b|[dD]ocker|[cC]ontainer|devmapper|layer/.test(text) ? 'dockerd' : 'other';
}

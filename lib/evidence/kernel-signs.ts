import type { LogFact, LogSignal, LogSignature } from '@/lib/domain/log-signal';
import { fromKernel } from './kernel-line';
import type { LogLine } from './log-line';
import { newSignal } from './new-signal';
import type { LineParser } from './source-parser';

/** `fields` reads the match's groups. A rule's text stands in the kernel's sources, or in node-problem-detector. */
type Sign = {
  signature: LogSignature;
  text: RegExp;
  fields?: (groups: readonly (string | undefined)[]) => Partial<LogSignal>;
  unless?: RegExp;
};

const device = ([, name]: readonly (string | undefined)[]): Partial<LogSignal> => ({ device: name ?? null });

/** The first that matches counts, so that a line is one sign. */
const SIGNS: readonly Sign[] = [
  {
    signature: 'unregister_netdevice',
    text: /unregister_netdevice: waiting for (\S{1,64}?)(?: \(\S{1,32}\))? to become free/,
    fields: device,
  },
  {
    signature: 'hung_task',
    text: /\btask (\S.{0,63}):(\d{1,10})(?: <\w{1,16}>)? ?blocked (?:for more than|in I\/O wait for more than) (\d{1,9}) seconds/,
    fields: ([, comm, pid, seconds]) => ({ ...stuck(comm, pid), seconds: Number(seconds) }),
  },
  {
    signature: 'soft_lockup',
    text: /BUG: soft lockup ?-? ?CPU#\d{1,5} stuck for (\d{1,9})s!?(?: ?\[(.{1,64}):(\d{1,10})\])?/,
    fields: ([, seconds, comm, pid]) => ({ ...stuck(comm, pid), seconds: Number(seconds) }),
  },
  { signature: 'soft_lockup', text: /Watchdog detected hard LOCKUP on cpu ?\d{1,5}/ },
  {
    signature: 'kernel_slab_bug',
    text: /kernel BUG at \S{0,200}\bmm\/(?:slub|slab|slab_common|slob)\.[ch]:\d/,
  },
  {
    signature: 'kernel_slab_bug',
    text: /\bBUG:? \S{1,64} ?\((?:[NT]ot tainted|Tainted[^)]{0,64}|Not tainted)[^)]{0,64}\): |SLUB: Unable to allocate memory on (?:node|CPU)\b|\bslab error in |Slab cache still has objects|Objects remaining in \S{1,64} on (?:__)?kmem_cache_(?:close|shutdown)|(?:Redzone|Poison|Right Redzone|Left Redzone|Object padding|Padding) overwritten|Freelist (?:P|p)ointer check fail|Freechain corrupt|Freepointer corrupt|cache_from_obj: Wrong slab cache/,
  },
  {
    signature: 'filesystem_readonly',
    text: /(?:\(([\w!./-]{1,64})\): )?Remounting filesystem read-only/,
    fields: device,
  },
  {
    signature: 'memory_error',
    text: /\b[CU]E memory (?:read|scrubbing|write) error|EDAC \S{1,16}: \d{1,9} (?:CE|UE)\b|Memory failure: 0x[0-9a-f]{1,16}: |MCE 0x[0-9a-f]{1,16}: |Uncorrected (?:hardware )?memory error/,
  },
  {
    signature: 'hardware_error',
    text: /\[Hardware Error\]: (?:event severity: \w|CPU ?:?\d{1,5}: Machine [Cc]heck|CPU \d|Machine check|Hardware error from|Uncorrected|Corrected|Deferred|Fatal)|Machine check events logged|Fatal machine check|CPU ?\d{1,5}: Machine Check Exception/,
  },
  {
    signature: 'xfs_or_ext4_error',
    text: /EXT[234]-fs (?:error|warning)(?: \(device ([\w!./-]{1,64})\))?/,
    fields: device,
    unless: /maximal mount count|checktime reached/,
  },
  {
    signature: 'xfs_or_ext4_error',
    text: /EXT[234]-fs \(([\w!./-]{1,64})\): (?:error|[\w ,:]{0,80}?(?:failed|corrupt|unable|I\/O error|Delayed block allocation failed|This should not happen|previous I\/O error|re-mounting fs with errors|no journal found|bad geometry|Inode \d+ .{0,40}orphan list))/,
    fields: device,
  },
  {
    signature: 'xfs_or_ext4_error',
    text: /XFS(?: \(([\w!./-]{1,64})\))?: .{0,200}?(?:possible memory allocation deadlock|[Cc]orruption|[Ii]nternal error|I\/O [Ee]rror|[Ss]hutting down [Ff]ilesystem|shut down due|force_shutdown|log_force: error|log mount failed|mount failed|ecovery failed|run xfs_repair|rectify the problem|writeback error|Failing async write|page discard|CRC error)/,
    fields: device,
    unless: /\): (?:Unmounting Filesystem|Mounting |Ending |Starting recovery)/,
  },
  {
    signature: 'xfs_or_ext4_error',
    text: /BTRFS:? (?:error|critical)(?: \(device ([\w!./-]{1,64})\))?|BTRFS: Transaction aborted|JBD2: (?:Error|Detected IO errors|I\/O error|unable|Invalid|recovery failed)|Aborting journal on device ([\w!./-]{1,64}?)(?:-8)?\.?(?=\s|$)/,
    fields: ([, btrfs, journal]) => ({ device: btrfs ?? journal ?? null }),
  },
  {
    signature: 'io_error',
    text: /(?:Buffer I\/O error on (?:dev(?:ice)?) |(?:I\/O|critical (?:medium|target|space allocation|nexus)|recoverable transport|timeout) error, dev |lost (?:async )?page write due to I\/O error on |Buffer I\/O error on \S{0,16} ?)([\w!/-]{1,64})?/,
    fields: device,
    // An emulated floppy or CD drive that no one put a disk into.
    unless: /\b(?:fd|sr)\d\b/,
  },
  {
    signature: 'io_error',
    text: /Buffer I\/O error|\brejecting I\/O to (?:dead|offline) device|nvme\S{0,16}: (?:I\/O \d{1,9} .{0,40}timeout, (?:aborting|reset)|controller is down)/,
  },
  {
    signature: 'kernel_oops',
    text: /BUG: unable to handle |BUG: kernel NULL pointer dereference|[Uu]nable to handle kernel (?:NULL pointer|paging request|access|read|write|execute)|divide error: \d{4}|invalid opcode: \d{4}|general protection fault(?:, probably|: \d{4}|, maybe)|stack segment: \d{4}|double fault: \d{4}|\bOops(?:: | - )[\w ]|Internal error: Oops|kernel BUG at |Kernel panic - not syncing|BUG: Bad (?:page|rss-counter)|BUG: scheduling while atomic/,
  },
  {
    signature: 'process_crash',
    text: /(?:^|[\s:])([^\s[\]:][^[\]:]{0,32})\[(\d{1,10})\]:? (?:segfault at |general protection(?: fault)? ip:|trap (?:invalid opcode|divide error|stack segment|int3) |bad frame in |vsyscall )/,
    fields: ([, comm, pid]) => stuck(comm, pid),
  },
];

/** Trouble of the host that one line of the kernel tells. */
export const kernelSignsParser: LineParser = {
  needles: [
    'unregister_netdevice: waiting',
    'blocked for more',
    'blocked in I/O wait',
    'INFO: task ',
    'soft lockup',
    'hard LOCKUP',
    'kernel BUG at ',
    'BUG: unable to handle',
    'BUG: kernel NULL',
    'BUG: Bad ',
    'BUG: scheduling while',
    'ainted): ',
    'SLUB: Unable',
    'slab error in ',
    'Slab cache still has',
    'Objects remaining in',
    ' overwritten',
    'Freechain corrupt',
    'Freepointer corrupt',
    'ointer check fail',
    'Wrong slab cache',
    'Remounting filesystem read-only',
    'E memory read error',
    'E memory write error',
    'E memory scrubbing error',
    'EDAC MC0',
    'EDAC MC1',
    'EDAC MC2',
    'EDAC MC3',
    'EDAC MC4',
    'EDAC MC5',
    'EDAC MC6',
    'EDAC MC7',
    'EDAC MC8',
    'EDAC MC9',
    'Memory failure: 0x',
    'hardware memory corruption',
    'memory error',
    '[Hardware Error]',
    'achine check',
    'Machine Check Exception',
    '-fs error',
    '-fs warning',
    'EXT4-fs (',
    'EXT3-fs (',
    'allocation deadlock',
    'orruption',
    'nternal error',
    '/O error',
    '/O Error',
    'hutting down',
    'shut down due',
    'force_shutdown',
    'mount failed',
    'ecovery failed',
    'log_force: error',
    'run xfs_repair',
    'rectify the problem',
    'riteback error',
    'Failing async',
    'page discard',
    'CRC error',
    'BTRFS: error',
    'BTRFS error',
    'BTRFS critical',
    'BTRFS: Transaction aborted',
    'JBD2: Error',
    'JBD2: Detected IO',
    'JBD2: I/O error',
    'JBD2: unable',
    'JBD2: Invalid',
    'JBD2: recovery',
    'Aborting journal',
    '/O to dead device',
    '/O to offline device',
    'critical medium error',
    'critical target error',
    'critical space allocation error',
    'critical nexus error',
    'transport error, dev ',
    'timeout error, dev ',
    'nable to handle kernel',
    'divide error: ',
    'invalid opcode: ',
    'general protection',
    'stack segment: ',
    'double fault: ',
    'trap invalid opcode',
    'trap divide error',
    'Oops: 00',
    'Oops: Kernel',
    'Kernel panic - not',
    ': segfault at ',
    'tructure needs cleaning',
    'timeout, aborting',
    'timeout, reset',
    'controller is down',
  ],
  parse,
};

function parse(line: LogLine): LogFact[] {
  const corrupt = readCorruption(line);
  if (corrupt) return [{ signal: corrupt }];
  const segfault = line.program !== null && line.pid !== null && line.message.startsWith('segfault at ');
  if (segfault)
    return [{ signal: newSignal('process_crash', 'kernel', line, stuck(line.program ?? '', `${line.pid}`)) }];
  if (!fromKernel(line)) return [];
  for (const { signature, text, fields, unless } of SIGNS) {
    const found = text.exec(line.message);
    if (!found) continue;
    if (unless?.test(line.message)) return [];
    return [{ signal: newSignal(signature, 'kernel', line, fields?.(found) ?? {}) }];
  }
  return [];
}

/** EUCLEAN, as every program prints it: the filesystem found itself corrupt. Docker names the container's folder. */
function readCorruption(line: LogLine): LogSignal | null {
  if (!/[Ss]tructure needs cleaning/.test(line.message)) return null;
  const containerId = /\bcontainers?[ /]([0-9a-f]{64})\b/.exec(line.message)?.[1] ?? null;
  return newSignal('xfs_or_ext4_error', fromKernel(line) ? 'kernel' : 'other', line, { containerId });
}

/** Who hangs or crashed stands where a victim would. */
function stuck(comm: string | undefined, pid: string | undefined): Partial<LogSignal> {
  return { killedComm: comm ?? null, killedPid: pid === undefined ? null : Number(pid) };
}

import type { AdvisorFinding, Derived, JvmReport } from '@/lib/domain/derived';
import type { JvmFlags } from '@/lib/domain/evidence';

import { excerpt, utc } from '../wording';
import { type Budget, besideHeap } from './budget';
import { flagBound, type HeapBound, type Machine, mb, shareBound } from './heap-bound';
import { type JavaVersion, javaVersionOf, type LimitSight, limitSight, seesCgroupV2 } from './java-version';
import { isJava, jvmSign, startsJava } from './jvm-sign';
import { type MemoryFlags, memoryFlagsOf } from './memory-flags';
import { type OwnHeap, ownHeapOf } from './own-heap';
import { type PassedFlags, passedFlags } from './passed-flags';
import { recommend } from './recommend';
import { sawTooth } from './saw-tooth';

export type JvmQuestion = {
  flags: JvmFlags;
  image: string | null;
  cmd: string | null;
  memMb: number | null;
  /** Of the agent; null: not known. */
  hostMemMb: number | null;
  /** The newest kill for memory of this app that a log told of. Sizes in KiB. */
  oom: {
    killedComm: string | null;
    anonRssKb: number | null;
    totalVmKb: number | null;
    limitKb: number | null;
  } | null;
  /** The app's ends at its memory limit, in any order. */
  deaths: readonly Date[];
  /** How long the tasks that died so had run, the median; absent or null: not known. */
  medianRanMs?: number | null;
  /** What was sampled of the app's tasks; null: nothing was. */
  memory: { maxBytes: number | null; limitBytes: number | null } | null;
  /** False: the app's definition could not be looked at, so that a missing flag means nothing. Default true. */
  isDefinitionKnown?: boolean;
};

/** What the findings are made of. */
export type JvmCase = {
  question: JvmQuestion;
  version: JavaVersion | null;
  sight: LimitSight;
  flags: MemoryFlags;
  passed: PassedFlags;
  /** The container's limit in MB; null: not known. */
  limit: { mb: number; from: string } | null;
  /** One, or two where it is not known whether this Java sees the container's limit; empty: nothing can be said. */
  bounds: readonly HeapBound[];
  beside: Budget;
  /** Where HotSpot's default does not count, as nothing but an -Xmx that is seen tells the heap. */
  ownHeap: OwnHeap | null;
  /** Name of the process that the kernel killed where that was no JVM; what it held says nothing of the JVM. */
  otherProcess: string | null;
};

const MAX_ENTRIES = 50;
const HAS_ROOM = 1.1;
const AT_LIMIT = 0.95;
const DAY_MS = 86_400_000;
const IDLE_BELOW = 0.6;
const RUNS_MOST_OF_IT = 0.5;

/**
 * What an app's JVM does with its container's memory, and what to set. Null where nothing shows a JVM. Pure, linear.
 * Each number comes with its formula and inputs. Facts of HotSpot: Arguments::set_heap_size (heap sizes),
 * JDK-8170888 and JDK-8146115 (container limits from 8u131 and 9 on request, from 8u191 and 10 by default),
 * JDK-8186248 (MaxRAMPercentage: 10, 8u191), JDK-8230305 (cgroup v2: 15; release notes of 11.0.16 and 8u372).
 */
export function adviseJvm(asked: JvmQuestion): JvmReport | null {
  const question = { ...asked, flags: bounded(asked.flags) };
  const because = jvmSign({ ...question, killedComm: question.oom?.killedComm ?? null });
  if (because === null) return null;
  const given = caseOf(question);
  return {
    because,
    javaVersion: given.version?.text ?? null,
    findings: [
      ...otherProcess(given),
      ...heapFindings(given),
      ...offHeap(given),
      ...raisingMem(given),
      ...notPassed(given),
      ...wrongFlags(given),
      ...cgroupV2(given),
      ...periodic(given),
    ],
    recommendation: recommend(given),
  };
}

// They come out of the database, where they were written strictly; the sentences made of them stay short all the same.
function bounded(flags: JvmFlags): JvmFlags {
  return flags.slice(0, MAX_ENTRIES).map((entry) => ({
    from: excerpt(entry.from, 80),
    flags: entry.flags.slice(0, MAX_ENTRIES).map((flag) => excerpt(flag, 60)),
  }));
}

function caseOf(asked: JvmQuestion): JvmCase {
  const { memMb } = asked;
  const comm = asked.oom?.killedComm ?? null;
  const other = comm === null || isJava(comm) ? null : excerpt(comm, 40);
  const oom = other === null ? asked.oom : null;
  const question = { ...asked, oom };
  const ownHeap = ownHeapOf(asked.image, asked.cmd);
  const version = javaVersionOf(question.image, question.cmd);
  const passed = passedFlags(question.flags, question.cmd, version);
  const flags = memoryFlagsOf(passed.counting, memMb);
  const limit =
    memMb !== null && memMb > 0
      ? { mb: memMb, from: 'app definition' }
      : asked.oom?.limitKb != null && asked.oom.limitKb > 0
        ? { mb: asked.oom.limitKb / 1024, from: 'kernel line' }
        : null;
  const sight = sightOf(flags, limitSight(version));
  return {
    question,
    version,
    sight,
    flags,
    passed,
    limit,
    bounds: boundsOf({ question, flags, sight, limit, version, ownHeap }),
    beside: besideHeap(flags, version),
    ownHeap,
    otherProcess: other,
  };
}

function sightOf({ switches }: MemoryFlags, sight: LimitSight): LimitSight {
  if (switches.get('UseContainerSupport') === false) return 'blind';
  if (switches.get('UseCGroupMemoryLimitForHeap') !== true) return sight === 'on_request' ? 'blind' : sight;
  // Without a version the flag itself tells that it is one of 8u131 to 10.
  return sight === 'on_request' || sight === 'unknown' ? 'sees' : sight;
}

function boundsOf({
  question,
  flags,
  sight,
  limit,
  version,
  ownHeap,
}: Pick<JvmCase, 'question' | 'flags' | 'sight' | 'limit' | 'version' | 'ownHeap'>): HeapBound[] {
  const set = flagBound(flags);
  if (set !== null) return [set];
  if (ownHeap !== null) return [];
  const isSet = flags.percentage !== null || flags.fraction !== null;
  if (!isSet && question.isDefinitionKnown === false) return [];
  const host: Machine[] =
    question.hostMemMb === null || sight === 'sees'
      ? []
      : [{ of: 'host', mb: question.hostMemMb, from: 'agent' }];
  const own: Machine[] =
    limit === null || sight === 'blind' ? [] : [{ of: 'limit', mb: limit.mb, from: limit.from }];
  return [...host, ...own].map((machine) => shareBound(flags, machine, version));
}

function heapFindings(given: JvmCase): AdvisorFinding[] {
  const { bounds, limit, question, flags, ownHeap } = given;
  if (ownHeap !== null && flags.heap === null) return [heapOfItsOwn(ownHeap)];
  const isUnset = flags.heap === null && flags.percentage === null && flags.fraction === null;
  if (isUnset) return question.isDefinitionKnown === false ? [] : [noHeapLimit(given)];
  return bounds.flatMap((bound) => {
    if (bound.mb === null) return [unknownHeap(bound)];
    return limit === null ? [] : [heapAgainstLimit(given, bound, bound.mb, limit.mb)];
  });
}

function otherProcess({ otherProcess: name }: JvmCase): AdvisorFinding[] {
  if (name === null) return [];
  return [
    {
      id: 'other_process',
      tone: 'info',
      sentence: `The kernel killed ${name}, which is not java: what grew may lie there, and no setting of the JVM helps that.`,
      numbers: [],
    },
  ];
}

function heapOfItsOwn({ name, kind, variable }: OwnHeap): AdvisorFinding {
  const where = variable === null ? '' : ` (\`${variable}\` changes it)`;
  return {
    id: 'heap_of_its_own',
    tone: 'info',
    sentence:
      kind === 'openj9'
        ? 'The app definition sets no -Xmx, and OpenJ9 sizes its heap by rules of its own, which are not reckoned here.'
        : `The app definition sets no heap, and the start script of ${name} sets one of its own${where}, whose size is not known here: \`jcmd 1 VM.flags\` in the container shows it.`,
    numbers: [],
  };
}

function isHurt({ oom, deaths }: JvmQuestion): boolean {
  return oom !== null || deaths.length > 0;
}

/** Whoever starts java in cmd sees all its flags there; an image or a start script can set some of its own. */
export function isCertain({ cmd }: JvmQuestion): boolean {
  return startsJava(cmd);
}

function noHeapLimit({ bounds, limit, version, sight, question, beside }: JvmCase): AdvisorFinding {
  const onHost = bounds.find(({ of }) => of === 'host');
  const onLimit = bounds.find(({ of }) => of === 'limit');
  const java = version === null ? 'this Java' : `Java ${version.text}`;
  const where = isCertain(question) ? 'No -Xmx is set' : 'The app definition sets no -Xmx (the image may)';
  const limitText = limit === null ? "the container's limit" : `the container's limit of ${mb(limit.mb)}`;
  const numbers = bounds.map(({ number }) => number);
  if (sight === 'sees') {
    const isIdle = onLimit?.mb != null && limit !== null && onLimit.mb + beside.mb < limit.mb * IDLE_BELOW;
    const heap =
      onLimit === undefined ? 'a quarter of it' : `${onLimit.number.value} of it (${partOf(onLimit)})`;
    return {
      id: 'no_heap_limit',
      tone: 'warn',
      sentence: `${where}: ${java} sees ${limitText} and takes ${heap} for its heap by default${isIdle ? '; most of what the container is given lies idle, or the app dies of OutOfMemoryError far below the limit' : ''}.`,
      numbers,
    };
  }
  const isLarger = onHost?.mb == null || limit === null || onHost.mb > limit.mb;
  const grows =
    onHost === undefined
      ? 'its heap may grow to a quarter of the host’s memory (which is not known here)'
      : `its heap may grow to ${onHost.number.value} (${hostPart(onHost, question.hostMemMb ?? 0)})`;
  const blind =
    sight === 'blind'
      ? `${java} does not see ${limitText}`
      : `unless it is ${version === null ? '8u191, 10' : `${version.major}u191`} or newer, ${java} does not see ${limitText}`;
  return {
    id: 'no_heap_limit',
    // Whether it sees the limit is not known: only deaths turn that into an accusation.
    tone: isLarger && (sight === 'blind' || isHurt(question)) ? 'bad' : 'warn',
    sentence: `${where}, and ${blind}: ${grows}${isLarger ? ', and the kernel kills it at the limit before that' : ''}.${sight === 'unknown' && onLimit !== undefined ? ` If it does see the limit, its heap is ${onLimit.number.value}.` : ''}`,
    numbers,
  };
}

function partOf({ part }: HeapBound): string {
  return part ?? 'a share';
}

/** `a quarter of the host's 8,192 MB`. */
function hostPart(bound: HeapBound, hostMb: number): string {
  const [share, ...rest] = partOf(bound).split(', ');
  const isOfHost = /^(?:a quarter|half|[\d.]+ %)$/.test(share ?? '');
  return [isOfHost ? `${share} of the host's ${mb(hostMb)}` : share, ...rest].join(', ');
}

function unknownHeap({ number }: HeapBound): AdvisorFinding {
  return {
    id: 'heap_limit_unknown',
    tone: 'info',
    sentence: 'A heap limit is set, from a variable whose value only the host knows.',
    numbers: [number],
  };
}

function heapAgainstLimit(given: JvmCase, bound: HeapBound, heapMb: number, limitMb: number): AdvisorFinding {
  const { beside } = given;
  const total: Derived = {
    label: 'Memory the JVM may take',
    value: mb(heapMb + beside.mb),
    formula: 'heap + memory beside the heap',
    inputs: [
      { name: 'heap', value: mb(heapMb), from: bound.number.inputs.at(-1)?.name ?? bound.number.formula },
      { name: 'beside the heap', value: mb(beside.mb), from: beside.number.formula },
    ],
  };
  const numbers = [bound.number, beside.number, total];
  const doubt = given.passed.doubt === null ? '' : ` (${given.passed.doubt})`;
  const share =
    bound.of === 'host' ? ', a share of the host’s memory as this Java does not see the limit,' : '';
  const condition =
    given.bounds.length < 2
      ? ''
      : bound.of === 'host'
        ? 'If this Java does not see the limit: '
        : 'If it does see the limit: ';
  if (heapMb >= limitMb) {
    return {
      id: 'heap_exceeds_limit',
      tone: 'bad',
      sentence: `${condition}The heap may grow to ${mb(heapMb)}${doubt}${share} but the container ends at ${mb(limitMb)}: the kernel kills it before the JVM knows that memory is short.`,
      numbers,
    };
  }
  if (heapMb + beside.mb > limitMb) {
    return {
      id: 'heap_leaves_too_little',
      tone: beside.isDeclared ? 'bad' : 'warn',
      sentence: `${condition}A heap of ${mb(heapMb)}${doubt} leaves ${mb(limitMb - heapMb)} of the container's ${mb(limitMb)} for metaspace, thread stacks, code cache and direct memory, which ${beside.isAllowance ? 'by their own limits may take up to' : 'take about'} ${mb(beside.mb)}.`,
      numbers,
    };
  }
  return {
    id: 'heap_fits',
    tone: 'good',
    sentence: `${condition}A heap of ${mb(heapMb)}${doubt} and ${beside.isAllowance ? 'up to' : 'about'} ${mb(beside.mb)} beside it fit the container's ${mb(limitMb)}.`,
    numbers,
  };
}

/** The process held much more than its heap can be: the rest is not the heap's. */
function offHeap({ question, bounds, beside, limit, flags, passed }: JvmCase): AdvisorFinding[] {
  const { oom } = question;
  const [bound] = bounds;
  if (oom?.anonRssKb == null || bound?.mb == null || bounds.length > 1 || limit === null) return [];
  const rssMb = oom.anonRssKb / 1024;
  const outside = rssMb - bound.mb;
  if (outside < beside.mb * HAS_ROOM || outside < limit.mb * 0.15) return [];
  // A heap that was not seen to be set may be another one than was reckoned with.
  const isSeen = bound.by === 'default' ? isCertain(question) : passed.doubt === null;
  const proviso = isSeen
    ? ''
    : ' That is, if java runs with this heap: `jcmd 1 VM.flags` in the container shows it.';
  const tame = flags.direct === null ? ' Nothing limits its direct memory but the size of the heap.' : '';
  return [
    {
      id: 'off_heap',
      tone: 'bad',
      sentence: `The killed process held ${mb(rssMb)}, of which the heap can be ${mb(bound.mb)} at most: ${mb(outside)} lie outside the heap (direct memory, threads, metaspace, native code).${tame}${proviso}`,
      numbers: [
        {
          label: 'Outside the heap',
          value: mb(outside),
          formula: 'anon-rss of the killed process − largest heap',
          inputs: [
            { name: 'anon-rss', value: mb(rssMb), from: 'kernel line' },
            {
              name: 'largest heap',
              value: mb(bound.mb),
              from: bound.number.inputs.at(-1)?.name ?? bound.number.formula,
            },
          ],
        },
      ],
    },
  ];
}

/** Why more `mem` alone does not help. */
function raisingMem({ bounds, beside, limit, question }: JvmCase): AdvisorFinding[] {
  if (limit === null || !isHurt(question)) return [];
  const bound = bounds.find((one) => one.of === 'host') ?? bounds[0];
  if (bound?.mb == null) return [];
  if (bound.mb + beside.mb <= limit.mb) return [];
  if (bound.followsMem) return risingWithMem(bound, bound.mb, beside, limit.mb);
  const needed: Derived = {
    label: 'mem that would hold it',
    value: mb(bound.mb + beside.mb),
    formula: 'largest heap + memory beside the heap',
    inputs: [
      { name: 'largest heap', value: mb(bound.mb), from: bound.number.formula },
      { name: 'beside the heap', value: mb(beside.mb), from: beside.number.formula },
    ],
  };
  return [
    {
      id: 'raising_mem',
      tone: 'warn',
      sentence: `${bounds.length > 1 ? 'If this Java does not see the limit, raising' : 'Raising'} \`mem\` alone only delays the next kill: below ${needed.value} the JVM can still outgrow the container.`,
      numbers: [needed],
    },
  ];
}

function risingWithMem(bound: HeapBound, heapMb: number, beside: Budget, limitMb: number): AdvisorFinding[] {
  // The default's share is small: more memory helps it soon.
  if (bound.by === 'default') return [];
  const share = heapMb / limitMb;
  const say = (sentence: string, numbers: Derived[]) => [
    { id: 'raising_mem', tone: 'warn' as const, sentence, numbers },
  ];
  if (share >= 1) {
    return say(
      'Raising `mem` alone does not help: the heap is set to all of it and grows with it, so that nothing is left beside it.',
      [bound.number],
    );
  }
  const needed: Derived = {
    label: 'mem that would hold it',
    value: mb(Math.ceil(beside.mb / (1 - share))),
    formula: 'memory beside the heap / (1 − share of the heap)',
    inputs: [
      { name: 'beside the heap', value: mb(beside.mb), from: beside.number.formula },
      {
        name: 'share of the heap',
        value: `${Number((share * 100).toFixed(1))} %`,
        from: bound.number.formula,
      },
    ],
  };
  return say(
    `Raising \`mem\` raises the heap with it, as the heap is a share of it: below ${needed.value} what lies beside the heap does not fit.`,
    [needed],
  );
}

function notPassed({ passed }: JvmCase): AdvisorFinding[] {
  return passed.ignored.map(({ from, flags, why }) => ({
    id: 'flags_not_read',
    tone: 'bad' as const,
    sentence: `${flags.slice(0, 8).join(' ')} in ${from} does nothing: ${why}.`,
    numbers: [],
  }));
}

/** Flags that this Java does not know, or that others overrule. */
function wrongFlags({ flags, version, sight, ownHeap }: JvmCase): AdvisorFinding[] {
  if (ownHeap?.kind === 'openj9') return [];
  const found: AdvisorFinding[] = [];
  const say = (id: string, tone: AdvisorFinding['tone'], sentence: string) =>
    found.push({ id, tone, sentence, numbers: [] });
  const share = flags.percentage ?? flags.fraction;
  if (flags.heap !== null && share !== null) {
    say('share_overruled', 'info', `${flags.heap.flag} overrules ${share.flag}.`);
  }
  const knowsPercentage =
    version === null
      ? null
      : version.major >= 10 ||
        (version.major === 8 && (version.update === null ? null : version.update >= 191));
  if (flags.percentage !== null && knowsPercentage === false) {
    say(
      'flag_unknown',
      'bad',
      `Java ${version?.text ?? ''} does not know MaxRAMPercentage (8u191 and 10 do) and does not start with it.`,
    );
  }
  const asksCgroup = flags.switches.get('UseCGroupMemoryLimitForHeap') === true;
  if (asksCgroup && version !== null && version.major >= 11) {
    say(
      'flag_obsolete',
      version.major >= 12 ? 'bad' : 'info',
      `UseCGroupMemoryLimitForHeap is gone since Java 11, which sees the limit by itself${version.major >= 12 ? `: Java ${version.text} does not start with it` : ''}.`,
    );
  } else if (asksCgroup && flags.switches.get('UnlockExperimentalVMOptions') !== true) {
    say(
      'flag_locked',
      'bad',
      'UseCGroupMemoryLimitForHeap needs -XX:+UnlockExperimentalVMOptions before it, or Java does not start.',
    );
  }
  if (flags.permSize !== null && version !== null && version.major >= 8) {
    const isRefused = version.major >= 17;
    say(
      'perm_size',
      isRefused ? 'bad' : 'info',
      `Java ${version.text} has no PermGen${isRefused ? ` and does not start with ${flags.permSize.flag}:` : `: ${flags.permSize.flag} does nothing,`} -XX:MaxMetaspaceSize limits what came in its place.`,
    );
  }
  if (flags.switches.get('UseContainerSupport') === false && sight === 'blind') {
    say('support_off', 'bad', '-XX:-UseContainerSupport makes Java blind to the limit of its container.');
  }
  return found;
}

function cgroupV2({ version, sight, flags, ownHeap }: JvmCase): AdvisorFinding[] {
  if (
    ownHeap?.kind === 'openj9' ||
    flags.heap !== null ||
    sight !== 'sees' ||
    seesCgroupV2(version) !== false
  )
    return [];
  return [
    {
      id: 'cgroup_v2',
      tone: 'info',
      sentence: `On hosts with cgroup v2, Java ${version?.text ?? ''} does not see the limit (8u372, 11.0.16 and 15 do) and takes the host's memory for its own: set -Xmx.`,
      numbers: [],
    },
  ];
}

/** A daily peak comes as regularly as a leak. */
function whatDoesThat(periodMs: number): string {
  const days = periodMs / DAY_MS;
  const isDaily = days > 0.9 && Math.abs(days - Math.round(days)) <= 0.1;
  return isDaily
    ? 'a daily job or peak of load does that as well as a leak, so see what runs at that hour'
    : 'it grows at one pace from each start, as a leak does, rather than with peaks of load';
}

/** The saw-tooth: memory that grows at one pace to the limit, again and again. */
function periodic({ question, limit }: JvmCase): AdvisorFinding[] {
  const tooth = sawTooth(question.deaths);
  if (tooth === null) return [];
  // It dies long before the next one is due: the back-off of Marathon sets the pace, not what grows.
  if (question.medianRanMs != null && question.medianRanMs < tooth.periodMs * RUNS_MOST_OF_IT) return [];
  const { memory } = question;
  const limitBytes = memory?.limitBytes ?? (limit === null ? null : limit.mb * 1024 * 1024);
  const isAtLimit =
    question.oom?.limitKb != null ||
    (memory?.maxBytes != null && limitBytes !== null && memory.maxBytes >= limitBytes * AT_LIMIT);
  if (!isAtLimit) return [];
  const minutes = tooth.periodMs / 60_000;
  const period =
    minutes < 120 ? `${Math.round(minutes)} minutes` : `${Number((minutes / 60).toFixed(1))} hours`;
  return [
    {
      id: 'saw_tooth',
      tone: 'warn',
      sentence: `It died about every ${period} with its memory at the limit, last at ${utc(tooth.lastAt)}: ${whatDoesThat(tooth.periodMs)}.`,
      numbers: [
        {
          label: 'Period of the deaths',
          value: period,
          formula: 'median of the times between deaths',
          inputs: [
            { name: 'deaths for memory', value: String(tooth.deaths), from: 'task ends' },
            { name: 'median deviation', value: `${Math.round(tooth.spread * 100)} %`, from: 'task ends' },
          ],
        },
      ],
    },
  ];
}

import type { AdvisorFinding, Derived, JvmReport } from '@/lib/domain/derived';
import type { JvmFlags } from '@/lib/domain/evidence';

import { excerpt } from '../wording';
import { type Budget, besideHeap } from './budget';
import { flagBound, type HeapBound, type Machine, mb, shareBound } from './heap-bound';
import { type JavaVersion, javaVersionOf, type LimitSight, limitSight, seesCgroupV2 } from './java-version';
import { jvmSign } from './jvm-sign';
import { type MemoryFlags, memoryFlagsOf } from './memory-flags';
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
  /** The app's ends for want of memory, in any order. */
  deaths: readonly Date[];
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
};

const MAX_ENTRIES = 50;
const HAS_ROOM = 1.1;
const AT_LIMIT = 0.95;

/**
 * What an app's JVM does with its container's memory, and what to set. Null where nothing shows a JVM. Pure, linear.
 * Each number comes with its formula and inputs. Facts of HotSpot: Arguments::set_heap_size (heap sizes),
 * JDK-8170888 and JDK-8146115 (container limits from 8u131 and 9 on request, from 8u191 and 10 by default),
 * JDK-8186248 (MaxRAMPercentage: 10, 8u191), JDK-8230305 (cgroup v2: 15, 11.0.16, 8u372).
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

function caseOf(question: JvmQuestion): JvmCase {
  const { memMb, oom } = question;
  const version = javaVersionOf(question.image, question.cmd);
  const passed = passedFlags(question.flags, question.cmd, version);
  const flags = memoryFlagsOf(passed.counting, memMb);
  const limit =
    memMb !== null && memMb > 0
      ? { mb: memMb, from: 'app definition' }
      : oom?.limitKb != null && oom.limitKb > 0
        ? { mb: oom.limitKb / 1024, from: 'kernel line' }
        : null;
  const sight = sightOf(flags, limitSight(version));
  return {
    question,
    version,
    sight,
    flags,
    passed,
    limit,
    bounds: boundsOf(question, flags, sight, limit),
    beside: besideHeap(flags, version),
  };
}

function sightOf({ switches }: MemoryFlags, sight: LimitSight): LimitSight {
  if (switches.get('UseContainerSupport') === false) return 'blind';
  if (switches.get('UseCGroupMemoryLimitForHeap') !== true) return sight === 'on_request' ? 'blind' : sight;
  // Without a version the flag itself tells that it is one of 8u131 to 10.
  return sight === 'on_request' || sight === 'unknown' ? 'sees' : sight;
}

function boundsOf(
  question: JvmQuestion,
  flags: MemoryFlags,
  sight: LimitSight,
  limit: JvmCase['limit'],
): HeapBound[] {
  const set = flagBound(flags);
  if (set !== null) return [set];
  const isSet = flags.percentage !== null || flags.fraction !== null;
  if (!isSet && question.isDefinitionKnown === false) return [];
  const host: Machine[] =
    question.hostMemMb === null || sight === 'sees'
      ? []
      : [{ of: 'host', mb: question.hostMemMb, from: 'agent' }];
  const own: Machine[] =
    limit === null || sight === 'blind' ? [] : [{ of: 'limit', mb: limit.mb, from: limit.from }];
  return [...host, ...own].map((machine) => shareBound(flags, machine));
}

function heapFindings(given: JvmCase): AdvisorFinding[] {
  const { bounds, limit, question, flags } = given;
  const isUnset = flags.heap === null && flags.percentage === null && flags.fraction === null;
  if (isUnset) return question.isDefinitionKnown === false ? [] : [noHeapLimit(given)];
  return bounds.flatMap((bound) => {
    if (bound.mb === null) return [unknownHeap(bound)];
    return limit === null ? [] : [heapAgainstLimit(given, bound, bound.mb, limit.mb)];
  });
}

function noHeapLimit({ bounds, limit, version, sight, question }: JvmCase): AdvisorFinding {
  const onHost = bounds.find(({ of }) => of === 'host');
  const onLimit = bounds.find(({ of }) => of === 'limit');
  const java = version === null ? 'this Java' : `Java ${version.text}`;
  // Whoever starts java in cmd sees all its flags there; an image can set some of its own.
  const isCertain = /(?:^|[\s;&|/])java\s/.test(question.cmd ?? '');
  const where = isCertain ? 'No -Xmx is set' : 'The app definition sets no -Xmx (the image may)';
  const limitText = limit === null ? "the container's limit" : `the container's limit of ${mb(limit.mb)}`;
  const numbers = bounds.map(({ number }) => number);
  if (sight === 'sees') {
    return {
      id: 'no_heap_limit',
      tone: 'warn',
      sentence: `${where}: ${java} sees ${limitText} and takes a quarter of it for its heap by default${onLimit === undefined ? '' : `, ${onLimit.number.value}`}; most of what the container is given lies idle, or the app dies of OutOfMemoryError far below the limit.`,
      numbers,
    };
  }
  const isLarger = onHost?.mb == null || limit === null || onHost.mb > limit.mb;
  const grows =
    onHost === undefined
      ? 'its heap may grow to a quarter of the host’s memory (which is not known here)'
      : `its heap may grow to ${onHost.number.value} (a quarter of the host's ${mb(question.hostMemMb ?? 0)}${hasCut(onHost) ? ', cut at what compressed pointers reach' : ''})`;
  const blind =
    sight === 'blind'
      ? `${java} does not see ${limitText}`
      : `unless ${java} is 8u191, 10 or newer it does not see ${limitText}`;
  return {
    id: 'no_heap_limit',
    tone: isLarger ? 'bad' : 'warn',
    sentence: `${where}, and ${blind}: ${grows}${isLarger ? ', and the kernel kills it at the limit before that' : ''}.${sight === 'unknown' && onLimit !== undefined ? ` If it does see the limit, its heap is ${onLimit.number.value}.` : ''}`,
    numbers,
  };
}

function hasCut({ number }: HeapBound): boolean {
  return number.formula.includes('compressed');
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
      sentence: `${condition}A heap of ${mb(heapMb)}${doubt} leaves ${mb(limitMb - heapMb)} of the container's ${mb(limitMb)} for metaspace, thread stacks, code cache and direct memory, which take about ${mb(beside.mb)}.`,
      numbers,
    };
  }
  return {
    id: 'heap_fits',
    tone: 'good',
    sentence: `${condition}A heap of ${mb(heapMb)}${doubt} and about ${mb(beside.mb)} beside it fit the container's ${mb(limitMb)}.`,
    numbers,
  };
}

/** The process held much more than its heap can be: the rest is not the heap's. */
function offHeap({ question, bounds, beside, limit, flags }: JvmCase): AdvisorFinding[] {
  const { oom } = question;
  const [bound] = bounds;
  if (oom?.anonRssKb == null || bound?.mb == null || bounds.length > 1 || limit === null) return [];
  const rssMb = oom.anonRssKb / 1024;
  const outside = rssMb - bound.mb;
  if (outside < beside.mb * HAS_ROOM || outside < limit.mb * 0.15) return [];
  const tame = flags.direct === null ? ' Nothing limits its direct memory but the size of the heap.' : '';
  return [
    {
      id: 'off_heap',
      tone: 'bad',
      sentence: `The killed process held ${mb(rssMb)}, of which the heap can be ${mb(bound.mb)} at most: ${mb(outside)} lie outside the heap (direct memory, threads, metaspace, native code).${tame}`,
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
  if (limit === null || (question.oom === null && question.deaths.length === 0)) return [];
  const bound = bounds.find((one) => one.of === 'host') ?? bounds[0];
  if (bound?.mb == null) return [];
  if (bound.mb + beside.mb <= limit.mb) return [];
  if (bound.of === 'limit') {
    return [
      {
        id: 'raising_mem',
        tone: 'warn',
        sentence:
          'Raising `mem` alone raises the heap with it, as the heap is a share of the limit: it dies again, only later.',
        numbers: [bound.number],
      },
    ];
  }
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
      sentence: `Raising \`mem\` alone only delays the next kill: below ${needed.value} the heap can still outgrow the container.`,
      numbers: [needed],
    },
  ];
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
function wrongFlags({ flags, version, sight }: JvmCase): AdvisorFinding[] {
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
    say(
      'perm_size',
      'info',
      `Java ${version.text} has no PermGen: ${flags.permSize.flag} does nothing, -XX:MaxMetaspaceSize limits what came in its place.`,
    );
  }
  if (flags.switches.get('UseContainerSupport') === false && sight === 'blind') {
    say('support_off', 'bad', '-XX:-UseContainerSupport makes Java blind to the limit of its container.');
  }
  return found;
}

function cgroupV2({ version, sight, flags }: JvmCase): AdvisorFinding[] {
  if (flags.heap !== null || sight !== 'sees' || seesCgroupV2(version) !== false) return [];
  return [
    {
      id: 'cgroup_v2',
      tone: 'info',
      sentence: `On hosts with cgroup v2, Java ${version?.text ?? ''} does not see the limit (8u372, 11.0.16 and 15 do) and takes the host's memory for its own: set -Xmx.`,
      numbers: [],
    },
  ];
}

/** The saw-tooth: memory that grows at one pace to the limit, again and again. */
function periodic({ question, limit }: JvmCase): AdvisorFinding[] {
  const tooth = sawTooth(question.deaths);
  if (tooth === null) return [];
  const { memory } = question;
  const limitBytes = memory?.limitBytes ?? (limit === null ? null : limit.mb * 1024 * 1024);
  const isAtLimit =
    question.oom !== null ||
    (memory?.maxBytes != null && limitBytes !== null && memory.maxBytes >= limitBytes * AT_LIMIT);
  if (!isAtLimit) return [];
  const minutes = tooth.periodMs / 60_000;
  const period =
    minutes < 120 ? `${Math.round(minutes)} minutes` : `${Number((minutes / 60).toFixed(1))} hours`;
  return [
    {
      id: 'saw_tooth',
      tone: 'warn',
      sentence: `It dies about every ${period} with its memory at the limit: it grows at one pace from each start, so this is no peak of load, and the next death can be foretold.`,
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

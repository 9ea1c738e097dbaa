import { describe, expect, it } from 'vitest';

import type { JvmReport } from '@/lib/domain/derived';

import { adviseJvm, type JvmQuestion } from './advise-jvm';

const question = (over: Partial<JvmQuestion> = {}): JvmQuestion => ({
  flags: [],
  image: null,
  cmd: null,
  memMb: 4096,
  hostMemMb: 262_144,
  oom: null,
  deaths: [],
  memory: null,
  ...over,
});
const oom = { killedComm: 'java', anonRssKb: 4_189_536, totalVmKb: 11_000_000, limitKb: 4_194_304 };
const cmdFlags = (...flags: string[]) => [{ from: 'cmd', flags }];
const START = Date.UTC(2026, 2, 1);
const every40Minutes = [0, 40, 80, 120, 160].map((minute) => new Date(START + minute * 60_000));

function report(over: Partial<JvmQuestion>): JvmReport {
  const found = adviseJvm(question(over));
  if (found === null) throw new Error('no report');
  return found;
}
const ids = ({ findings }: JvmReport) => findings.map(({ id, tone }) => `${id} ${tone}`);
const finding = (from: JvmReport, id: string) => from.findings.find((one) => one.id === id);

describe('adviseJvm: the service without -Xmx in 4,096 MB on a host of 256 GB', () => {
  const story = report({
    image: 'openjdk:8u121-jre',
    cmd: 'java -jar rpc.jar',
    oom,
    deaths: every40Minutes,
    memory: null,
  });

  it('says that the heap may outgrow the container, why raising mem only delays it, and that it is periodic', () => {
    expect(ids(story)).toEqual(['no_heap_limit bad', 'raising_mem warn', 'saw_tooth warn']);
    expect(finding(story, 'no_heap_limit')?.sentence).toBe(
      "No -Xmx is set, and Java 8u121 does not see the container's limit of 4,096 MB: its heap may grow to 30,718 MB (a quarter of the host's 262,144 MB, cut at what compressed pointers reach), and the kernel kills it at the limit before that.",
    );
    expect(finding(story, 'raising_mem')?.sentence).toContain('below 30,944 MB the heap can still outgrow');
    expect(finding(story, 'saw_tooth')?.sentence).toContain('about every 40 minutes');
  });

  it('recommends three quarters to four fifths of the container', () => {
    expect(story.recommendation).toBe(
      "Set `-Xmx3072m` to `-Xmx3276m` (three quarters to four fifths of the container's 4,096 MB), which leaves 1,024 MB for metaspace, thread stacks, code cache and direct memory.",
    );
    expect(story).toMatchObject({ because: 'cmd starts java', javaVersion: '8u121' });
  });

  it('unfolds every number to a formula and its inputs', () => {
    expect(finding(story, 'no_heap_limit')?.numbers).toEqual([
      {
        label: 'Default heap',
        value: '30,718 MB',
        formula: 'host memory / 4 = 65,536 MB, but at most what compressed pointers reach',
        inputs: [
          { name: 'host memory', value: '262,144 MB', from: 'agent' },
          { name: 'reach of compressed pointers', value: '30,718 MB', from: 'HotSpot' },
        ],
      },
    ]);
    const numbers = story.findings.flatMap((one) => one.numbers);
    expect(numbers.every(({ formula, inputs }) => formula !== '' && inputs.length > 0)).toBe(true);
  });
});

describe('adviseJvm: is it a JVM', () => {
  it.each<[Partial<JvmQuestion>, string | null]>([
    [{ cmd: 'exec /usr/bin/java -jar a.jar' }, 'cmd starts java'],
    [{ image: 'r.example.test/base/openjdk:11' }, 'image r.example.test/base/openjdk:11'],
    [{ image: 'amazoncorretto:8u292' }, 'image amazoncorretto:8u292'],
    [{ image: 'library/tomcat:9.0' }, 'image library/tomcat:9.0'],
    [{ oom }, 'the kernel killed java'],
    [{ flags: [{ from: 'env JAVA_OPTS', flags: ['-Xmx1g'] }] }, 'env JAVA_OPTS holds JVM flags'],
    [{ flags: [{ from: 'env JAVA_HOME', flags: [] }] }, 'env JAVA_HOME is set'],
    [{ cmd: './start.sh app.jar' }, 'cmd names a jar'],
    [{ image: 'shop/javascript-app:1', cmd: 'node server.js' }, null],
    [{ image: 'python:3', oom: { ...oom, killedComm: 'python' } }, null],
    [{}, null],
  ])('%j: %s', (over, because) => expect(adviseJvm(question(over))?.because ?? null).toBe(because));
});

describe('adviseJvm: the heap against the limit', () => {
  it.each<[string, Partial<JvmQuestion>, string[]]>([
    ['a heap that fits', { flags: cmdFlags('-Xmx3g') }, ['heap_fits good']],
    ['a heap as large as the container', { flags: cmdFlags('-Xmx4g') }, ['heap_exceeds_limit bad']],
    ['a heap beyond it', { flags: cmdFlags('-Xmx6g'), oom }, ['heap_exceeds_limit bad', 'raising_mem warn']],
    [
      'no room beside the heap, by rule of thumb',
      { flags: cmdFlags('-Xmx4000m') },
      ['heap_leaves_too_little warn'],
    ],
    [
      'no room, by what is declared',
      { flags: cmdFlags('-Xmx3g', '-XX:MaxMetaspaceSize=512m', '-XX:MaxDirectMemorySize=1g') },
      ['heap_leaves_too_little bad'],
    ],
    ['the last -Xmx counts', { flags: cmdFlags('-Xmx8g', '-Xmx2g') }, ['heap_fits good']],
    ['all of mem', { flags: cmdFlags('-Xmx$MARATHON_APP_RESOURCE_MEM') }, ['heap_exceeds_limit bad']],
    ['a variable', { flags: cmdFlags('-Xmx$VARIABLE') }, ['heap_limit_unknown info']],
    [
      'a percentage of the limit',
      { image: 'openjdk:11.0.16', flags: cmdFlags('-XX:MaxRAMPercentage=75') },
      ['heap_fits good'],
    ],
    [
      'too large a percentage',
      { image: 'openjdk:17', flags: cmdFlags('-XX:MaxRAMPercentage=98') },
      ['heap_leaves_too_little warn'],
    ],
    [
      'a fraction of the host',
      { image: 'openjdk:8u121', flags: cmdFlags('-XX:MaxRAMFraction=2') },
      ['heap_exceeds_limit bad'],
    ],
    [
      'the experimental flag of 8u131',
      {
        image: 'openjdk:8u131',
        flags: cmdFlags('-XX:+UnlockExperimentalVMOptions', '-XX:+UseCGroupMemoryLimitForHeap'),
      },
      ['no_heap_limit warn', 'cgroup_v2 info'],
    ],
    ['8u131 without it', { image: 'openjdk:8u131' }, ['no_heap_limit bad']],
    ['a Java that sees the limit', { image: 'eclipse-temurin:17' }, ['no_heap_limit warn']],
    [
      'support switched off',
      { image: 'openjdk:17', flags: cmdFlags('-XX:-UseContainerSupport') },
      ['no_heap_limit bad', 'support_off bad'],
    ],
    ['a version that floats', { image: 'openjdk:8' }, ['no_heap_limit bad']],
    ['a host smaller than the limit', { image: 'openjdk:8u121', hostMemMb: 8192 }, ['no_heap_limit warn']],
    [
      'MaxRAMPercentage before 8u191',
      { image: 'openjdk:8u121', flags: cmdFlags('-XX:MaxRAMPercentage=1') },
      ['heap_fits good', 'flag_unknown bad'],
    ],
    [
      'the old flag on Java 12',
      { image: 'openjdk:13', flags: cmdFlags('-Xmx1g', '-XX:+UseCGroupMemoryLimitForHeap') },
      ['heap_fits good', 'flag_obsolete bad'],
    ],
    [
      'PermGen on Java 8',
      { image: 'openjdk:8', flags: cmdFlags('-Xmx1g', '-XX:MaxPermSize=256m') },
      ['heap_fits good', 'perm_size info'],
    ],
    [
      '-Xmx and a percentage',
      { flags: cmdFlags('-Xmx1g', '-XX:MaxRAMPercentage=75') },
      ['heap_fits good', 'share_overruled info'],
    ],
    ['no limit known', { memMb: null, flags: cmdFlags('-Xmx1g') }, []],
    ['a definition nobody could look at', { isDefinitionKnown: false, oom }, []],
  ])('%s', (_what, over, want) => expect(ids(report({ cmd: 'java -jar a.jar', ...over }))).toEqual(want));

  it.each([
    [200, '100 MB', 'memory limit of the container / 2, as that is below 125 MB'],
    [400, '125 MB', 'memory limit of the container / 4, but at least 125 MB'],
    [4096, '1,024 MB', 'memory limit of the container / 4'],
  ])('the default heap in %s MB is %s', (memMb, value, formula) => {
    const [number] = finding(report({ image: 'openjdk:17', memMb }), 'no_heap_limit')?.numbers ?? [];
    expect(number).toMatchObject({ value, formula });
  });

  it('does not claim a heap where the host is not known', () => {
    const found = finding(
      report({ image: 'openjdk:8u121', cmd: 'java -jar a', hostMemMb: null }),
      'no_heap_limit',
    );
    expect(found?.sentence).toContain('a quarter of the host’s memory (which is not known here)');
    expect(found?.numbers).toEqual([]);
  });

  it('leaves it open where an image may set a heap itself', () => {
    expect(finding(report({ image: 'openjdk:8u121' }), 'no_heap_limit')?.sentence).toContain(
      '(the image may)',
    );
  });
});

describe('adviseJvm: flags that do not reach the JVM', () => {
  const javaOpts = [{ from: 'env JAVA_OPTS', flags: ['-Xmx3g'] }];
  it('says that java does not read JAVA_OPTS by itself', () => {
    const found = report({ cmd: 'java -jar a.jar', flags: javaOpts });
    expect(ids(found)).toEqual(['no_heap_limit bad', 'flags_not_read bad']);
    expect(finding(found, 'flags_not_read')?.sentence).toBe(
      '-Xmx3g in env JAVA_OPTS does nothing: cmd starts java without $JAVA_OPTS, and java itself does not read it (JAVA_TOOL_OPTIONS it does).',
    );
  });
  it('counts it where cmd passes it', () => {
    expect(ids(report({ cmd: 'java $JAVA_OPTS -jar a.jar', flags: javaOpts }))).toEqual(['heap_fits good']);
  });
  it('counts it with a doubt where a start script decides', () => {
    expect(finding(report({ cmd: './run.sh', flags: javaOpts }), 'heap_fits')?.sentence).toContain(
      'if the start script passes JAVA_OPTS',
    );
  });
  it('JDK_JAVA_OPTIONS is not read by Java 8', () => {
    const flags = [{ from: 'env JDK_JAVA_OPTIONS', flags: ['-Xmx3g'] }];
    expect(ids(report({ image: 'openjdk:8u292', flags }))).toContain('flags_not_read bad');
    expect(ids(report({ image: 'openjdk:11', flags }))).not.toContain('flags_not_read bad');
  });
});

describe('adviseJvm: what else it finds', () => {
  it('memory outside the heap', () => {
    const found = report({ flags: cmdFlags('-Xmx2g'), oom });
    expect(finding(found, 'off_heap')?.sentence).toContain('2,043 MB lie outside the heap');
    expect(found.recommendation).toContain('Leave the heap at 2,048 MB of 4,096 MB');
  });
  it('no saw-tooth where nothing shows memory at the limit', () => {
    const base = { cmd: 'java -jar a.jar', deaths: every40Minutes };
    const gb = 1024 ** 3;
    expect(ids(report(base))).not.toContain('saw_tooth warn');
    expect(ids(report({ ...base, memory: { maxBytes: 2 * gb, limitBytes: 4 * gb } }))).not.toContain(
      'saw_tooth warn',
    );
    expect(ids(report({ ...base, memory: { maxBytes: 4 * gb, limitBytes: 4 * gb } }))).toContain(
      'saw_tooth warn',
    );
  });
  it('of a host with more than 128 GB Java counts 128 GB, unless -XX:MaxRAM says otherwise', () => {
    const heapOf = (...given: string[]) =>
      finding(
        report({ image: 'openjdk:8u121', hostMemMb: 262_144, flags: cmdFlags(...given) }),
        'heap_exceeds_limit',
      )?.numbers[0];
    expect(heapOf('-XX:MaxRAMFraction=2')).toMatchObject({
      value: '65,536 MB',
      formula: 'host memory, of which Java counts 131,072 MB, / 2',
    });
    expect(heapOf('-XX:MaxRAM=256g', '-XX:MaxRAMFraction=2')?.value).toBe('131,072 MB');
  });
  it('in a small container less than three quarters, and says why', () => {
    expect(report({ cmd: 'java -jar a', memMb: 512, oom }).recommendation).toBe(
      "Set `-Xmx286m`: of the container's 512 MB about 226 MB are needed beside the heap, so that the usual three quarters (384 MB) would be too much; with more `mem`, set three quarters of it.",
    );
  });
  it('its own recommendation fits, whatever the size', () => {
    for (const memMb of [256, 512, 768, 1024, 2048, 4096, 16_384]) {
      const xmx = /-Xmx\d+m/.exec(report({ cmd: 'java -jar a', memMb, oom }).recommendation ?? '')?.[0] ?? '';
      const tones = report({ cmd: 'java -jar a', memMb, flags: cmdFlags(xmx) }).findings.map(
        ({ tone }) => tone,
      );
      if (memMb >= 512) expect(tones).toEqual(['good']);
      else expect(tones).not.toContain('bad');
    }
  });
  it('nothing to set where the heap fits and nothing died', () => {
    expect(report({ flags: cmdFlags('-Xmx3g') }).recommendation).toBeNull();
  });
  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('does not throw on mem %s', (memMb) => {
    expect(() => adviseJvm(question({ cmd: 'java -jar a', memMb, hostMemMb: memMb, oom }))).not.toThrow();
  });
});

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
    expect(finding(story, 'raising_mem')?.sentence).toContain('below 30,944 MB the JVM can still outgrow');
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
        formula:
          'host memory, of which Java counts 131,072 MB, / 4 = 32,768 MB, but at most what compressed pointers reach',
        inputs: [
          { name: 'host memory', value: '262,144 MB', from: 'agent' },
          { name: 'most that HotSpot counts (MaxRAM)', value: '131,072 MB', from: 'HotSpot' },
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
    [{ cmd: 'C:\\jdk\\bin\\java.exe -jar a' }, 'cmd starts java'],
    [{ cmd: 'java com.example.Main' }, 'cmd starts java'],
    [{ cmd: 'cd /app && exec java @args' }, 'cmd starts java'],
    [{ cmd: 'node --lang java app.js' }, null],
    [{ cmd: 'cp -r src/java /x && node /opt/java/app.js' }, null],
    [{ cmd: 'java -version; ./server' }, null],
    [{ image: 'shop/javascript-app:1', cmd: 'node server.js' }, null],
    [{ image: 'python:3', oom: { ...oom, killedComm: 'python' } }, null],
    [{ flags: [{ from: 'env JAVA_HOME', flags: [] }], oom: { ...oom, killedComm: 'node' } }, null],
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
    ['a version that floats', { image: 'openjdk:8' }, ['no_heap_limit warn']],
    [
      'a version that floats, and a death',
      { image: 'openjdk:8', oom },
      ['no_heap_limit bad', 'raising_mem warn'],
    ],
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
    expect(ids(found)).toEqual(['no_heap_limit warn', 'flags_not_read bad']);
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
  it('what a variable holds comes where the command names it', () => {
    const flags = [...javaOpts, { from: 'cmd', flags: ['-Xmx8g'] }];
    expect(ids(report({ cmd: 'java -Xmx8g $JAVA_OPTS -jar a', flags }))).toEqual(['heap_fits good']);
    expect(ids(report({ cmd: 'java $JAVA_OPTS -Xmx8g -jar a', flags }))).toEqual(['heap_exceeds_limit bad']);
    const last = [...flags, { from: 'env _JAVA_OPTIONS', flags: ['-Xmx9g'] }];
    expect(ids(report({ cmd: 'java -Xmx8g $JAVA_OPTS -jar a', flags: last }))).toEqual([
      'heap_exceeds_limit bad',
    ]);
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
  // Of 17 held against -XX:+PrintFlagsFinal on a host that told 256 GB; of 8 and 11 what their users report.
  it.each([
    ['openjdk:8u121', ['-XX:MaxRAMFraction=2'], '30,718 MB'],
    ['openjdk:8u121', ['-XX:MaxRAM=8g', '-XX:MaxRAMFraction=2'], '4,096 MB'],
    ['openjdk:8u121', ['-XX:MaxRAMFraction=16'], '8,192 MB'],
    ['openjdk:11', ['-XX:-UseContainerSupport', '-XX:MaxRAMPercentage=50'], '30,688 MB'],
    ['openjdk:17', ['-XX:-UseContainerSupport', '-XX:MaxRAMPercentage=50'], '131,072 MB'],
    ['openjdk:17', ['-XX:-UseContainerSupport', '-XX:+UseParallelGC', '-XX:MaxRAMFraction=2'], '131,072 MB'],
    ['openjdk:17', ['-XX:-UseContainerSupport', '-XX:MaxRAM=512g'], '131,072 MB'],
    ['openjdk:17', ['-XX:-UseContainerSupport'], '30,688 MB'],
    ['openjdk:17', ['-XX:-UseContainerSupport', '-XX:+UseParallelGC'], '30,718 MB'],
  ])('%s with %j on a host of 256 GB: %s', (image, flags, value) => {
    const { findings } = report({ image, cmd: 'java -jar a', flags: cmdFlags(...flags) });
    expect(findings[0]?.numbers[0]?.value).toBe(value);
  });

  it.each([
    [64, ['-XX:MaxRAMPercentage=75'], '32 MB', 'memory limit of the container / 2, as that is below 125 MB'],
    [
      200,
      ['-XX:MaxRAMPercentage=75'],
      '100 MB',
      'memory limit of the container / 2, as that is below 125 MB',
    ],
    [300, ['-XX:MaxRAMPercentage=75'], '225 MB', 'memory limit of the container × 75 %'],
    [
      128,
      ['-XX:MinRAMPercentage=80'],
      '102 MB',
      'memory limit of the container × 80 %, as that is below 125 MB',
    ],
    [1024, ['-Xms900m'], '900 MB', 'memory limit of the container / 4, but at least -Xms'],
    [
      1024,
      ['-XX:MaxRAMPercentage=10', '-Xms512m'],
      '512 MB',
      'memory limit of the container × 10 %, but at least 125 MB, but at least -Xms',
    ],
  ])('17 in a container of %s MB with %j: %s', (memMb, flags, value, formula) => {
    const { findings } = report({
      image: 'openjdk:17',
      cmd: 'java -jar a',
      memMb,
      flags: cmdFlags(...flags),
    });
    expect(findings[0]?.numbers[0]).toMatchObject({ value, formula });
  });

  it('what the start script of an image or OpenJ9 does with its heap it does not pretend to know', () => {
    for (const image of [
      'confluentinc/cp-kafka:7.4.0',
      'elasticsearch:7.17.9',
      'ibm-semeru-runtimes:open-11-jre',
    ]) {
      const quiet = report({ image });
      expect(ids(quiet)).toEqual(['heap_of_its_own info']);
      expect(quiet.recommendation).toBeNull();
      expect(ids(report({ image, flags: [{ from: 'env KAFKA_HEAP_OPTS', flags: ['-Xmx3g'] }] }))).toEqual([
        'heap_fits good',
      ]);
    }
    expect(report({ image: 'cp-kafka:7', oom }).recommendation).toContain(
      'by `KAFKA_HEAP_OPTS` to about half',
    );
    expect(ids(report({ image: 'shop/kafka-consumer:3', cmd: 'java -jar a.jar' }))).toEqual([
      'no_heap_limit warn',
    ]);
  });

  it('blames the JVM for nothing that another process did', () => {
    const found = report({
      flags: cmdFlags('-Xmx1g'),
      cmd: 'java -Xmx1g -jar a',
      oom: { ...oom, killedComm: 'ffmpeg' },
    });
    expect(ids(found)).toEqual(['other_process info', 'heap_fits good']);
    expect(found.recommendation).toBeNull();
  });

  it('does not recommend a larger heap to what died with a small one', () => {
    const found = report({ image: 'openjdk:17', cmd: 'java -jar a', oom });
    expect(ids(found)).toEqual(['no_heap_limit warn', 'off_heap bad']);
    expect(found.recommendation).toContain('Do not raise the heap yet: by default it ends at 1,024 MB');
    expect(report({ image: 'openjdk:17', oom }).recommendation).toContain(
      'unless the image sets a larger one',
    );
  });

  it.each<[string, Partial<JvmQuestion>, string]>([
    [
      'a percentage in a small container: more does help',
      { image: 'openjdk:17', memMb: 512, flags: cmdFlags('-XX:MaxRAMPercentage=75') },
      'below 904 MB what lies beside the heap does not fit',
    ],
    ['all of mem', { flags: cmdFlags('-Xmx$MARATHON_APP_RESOURCE_MEM') }, 'alone does not help'],
    ['a version that floats', { image: 'openjdk:8' }, 'If this Java does not see the limit, raising'],
  ])('raising mem with %s', (_what, over, words) => {
    expect(finding(report({ cmd: 'java -jar a', oom, ...over }), 'raising_mem')?.sentence).toContain(words);
  });

  it('a code cache is no more than reserved, and what limits allow is not what is used', () => {
    expect(
      ids(report({ memMb: 1024, flags: cmdFlags('-Xmx700m', '-XX:ReservedCodeCacheSize=512m') })),
    ).toEqual(['heap_fits good']);
    const allowed = report({ memMb: 2048, flags: cmdFlags('-Xmx1g', '-XX:MaxMetaspaceSize=1g') });
    expect(finding(allowed, 'heap_leaves_too_little')?.sentence).toContain(
      'by their own limits may take up to',
    );
  });

  it('Java 17 refuses MaxPermSize, 8 only ignores it', () => {
    const found = report({ image: 'openjdk:17', flags: cmdFlags('-Xmx1g', '-XX:MaxPermSize=64m') });
    expect(finding(found, 'perm_size')?.sentence).toContain('does not start with -XX:MaxPermSize=64m');
  });

  it('a pace that is the back-off’s or the day’s is no leak’s', () => {
    const base = { cmd: 'java -jar a.jar', oom, deaths: every40Minutes };
    expect(ids(report({ ...base, medianRanMs: 30_000 }))).not.toContain('saw_tooth warn');
    expect(ids(report({ ...base, medianRanMs: 39 * 60_000 }))).toContain('saw_tooth warn');
    expect(ids(report({ ...base, oom: { ...oom, limitKb: null } }))).not.toContain('saw_tooth warn');
    const daily = [0, 1, 2, 3, 4].map((day) => new Date(START + day * 86_400_000));
    expect(finding(report({ ...base, deaths: daily }), 'saw_tooth')?.sentence).toBe(
      'It died about every 24 hours with its memory at the limit, last at 2026-03-05 00:00:00 UTC: a daily job or peak of load does that as well as a leak, so see what runs at that hour.',
    );
  });
  it('in a small container less than three quarters, and says why', () => {
    expect(report({ cmd: 'java -jar a', memMb: 512, oom }).recommendation).toBe(
      "Set `-Xmx286m`: of the container's 512 MB about 226 MB are needed beside the heap, so that the usual three quarters (384 MB) would be too much; with more `mem`, set three quarters of it.",
    );
  });
  it('between three quarters and what fits, and does not call that four fifths', () => {
    expect(
      report({ cmd: 'java -jar a', memMb: 1024, oom: { ...oom, limitKb: 1_048_576 } }).recommendation,
    ).toBe(
      "Set `-Xmx768m` to `-Xmx798m` (three quarters of the container's 1,024 MB, at most what leaves 226 MB beside the heap), which leaves 256 MB for metaspace, thread stacks, code cache and direct memory.",
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

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shells write their variables so.

import { describe, expect, it } from 'vitest';

import { jvmFlagsOf } from './jvm-flags';

const of = (cmd: string | null, env: Record<string, string> = {}, args: string[] = []) =>
  jvmFlagsOf({ cmd, args, env });

describe('jvmFlagsOf', () => {
  it.each([
    ['java -Xmx3g -Xss512k -jar app.jar', ['-Xmx3g', '-Xss512k']],
    [
      'java -XX:MaxRAMPercentage=75.0 -XX:+UseContainerSupport -jar a',
      ['-XX:MaxRAMPercentage=75.0', '-XX:+UseContainerSupport'],
    ],
    ['java "-Xmx512m" \'-XX:MaxMetaspaceSize=128M\'', ['-Xmx512m', '-XX:MaxMetaspaceSize=128M']],
    ['exec java -Xmx${MARATHON_APP_RESOURCE_MEM%.*}m -jar a', ['-Xmx$MARATHON_APP_RESOURCE_MEM']],
    ['java -Xmx${MARATHON_APP_RESOURCE_MEM%%.*}M -jar a', ['-Xmx$MARATHON_APP_RESOURCE_MEM']],
    // A share of mem is not all of it, and without a unit it is no size.
    ['java -Xmx$((MARATHON_APP_RESOURCE_MEM*3/4))m -jar a', ['-Xmx$VARIABLE']],
    ['java -Xmx$((${MARATHON_APP_RESOURCE_MEM%.*}*80/100))m -jar a', ['-Xmx$VARIABLE']],
    ['java -Xmx$MARATHON_APP_RESOURCE_MEMm -jar a', ['-Xmx$VARIABLE']],
    ['java -Xmx${MARATHON_APP_RESOURCE_MEM%.*}k -jar a', ['-Xmx$VARIABLE']],
    ['java -Xmx$HEAP -jar a', ['-Xmx$VARIABLE']],
    ['java -Xmx${HEAP:-700m} -jar a', ['-Xmx700m']],
    ['cassandra -J-Xmx1g', ['-Xmx1g']],
    ['java -XX:MaxRAMFraction=2', ['-XX:MaxRAMFraction=2']],
    [
      'java -XX:MaxDirectMemorySize=256m -XX:ReservedCodeCacheSize=64m',
      ['-XX:MaxDirectMemorySize=256m', '-XX:ReservedCodeCacheSize=64m'],
    ],
  ])('cmd %s', (cmd, flags) => expect(of(cmd)).toEqual([{ from: 'cmd', flags }]));

  it('reads them in the order of the JVM: _JAVA_OPTIONS last', () => {
    const flags = of('java -Xmx1g -jar a', {
      _JAVA_OPTIONS: '-Xmx4g',
      JAVA_OPTS: '-Xmx2g',
      JAVA_TOOL_OPTIONS: '-Xmx3g',
    });
    expect(flags.map(({ from }) => from)).toEqual([
      'env JAVA_TOOL_OPTIONS',
      'env JAVA_OPTS',
      'cmd',
      'env _JAVA_OPTIONS',
    ]);
  });

  it.each([
    ['KAFKA_HEAP_OPTS', '-Xms512m -Xmx1g', ['-Xms512m', '-Xmx1g']],
    ['ES_JAVA_OPTS', '-Xmx2g', ['-Xmx2g']],
    ['CATALINA_OPTS', '-Dx=y -Xmx900m', ['-Xmx900m']],
    ['ES_HEAP_SIZE', '2g', ['-Xmx2g']],
    ['MAX_HEAP_SIZE', '8G', ['-Xmx8G']],
    ['SPARK_EXECUTOR_MEMORY', '4g', ['-Xmx4g']],
    ['JAVA_HOME', '/usr/lib/jvm/java-8', []],
  ])('env %s=%s', (name, value, flags) =>
    expect(of(null, { [name]: value })).toEqual([{ from: `env ${name}`, flags }]),
  );

  it('puts in a size that the environment tells', () => {
    expect(
      of('java -Xmx$HEAP_MB -jar a', { HEAP_MB: '700m' }).find(({ from }) => from === 'cmd')?.flags,
    ).toEqual(['-Xmx700m']);
    expect(of('java -Xmx${MY_MB}m', { MY_MB: '700' })).toEqual([{ from: 'cmd', flags: ['-Xmx700m'] }]);
  });

  it('takes arguments as well as a command', () => {
    expect(of(null, {}, ['java', '-Xmx1g', '-jar', 'a.jar'])).toEqual([{ from: 'args', flags: ['-Xmx1g'] }]);
  });

  it.each([
    ['a size with a secret on its end', '-Xmx512mS3cr3t'],
    ['a secret in place of a size', '-Xmxhunter2 -Xms=hunter2'],
    ['a long number', `-Xmx${'4'.repeat(30)}`],
    ['a property', '-Ddb.password=hunter2 -Djavax.net.ssl.keyStorePassword=hunter2'],
    ['an unknown option', '-XX:OnOutOfMemoryError="curl -u me:hunter2 x" -XX:HeapDumpPath=/hunter2'],
    ['an agent', '-javaagent:/a.jar=token:hunter2'],
    ['a number with a tail', '-XX:MaxRAMPercentage=75hunter2 -XX:MaxRAMFraction=2-hunter2'],
    ['a switch with a tail', '-XX:+UseG1GChunter2 -XX:+hunter2'],
    ['a word before', 'hunter2-Xmx1g'],
  ])('keeps nothing of %s', (_what, value) => {
    expect(of(value, { JAVA_OPTS: value })).toEqual([{ from: 'env JAVA_OPTS', flags: [] }]);
  });

  it.each([
    '-Xmx$HUNTER2',
    '-Xmx${HUNTER2}m',
    '-Xmx${X:-hunter2}',
    '-Xmx$(vault read hunter2)',
    '-Xmx$((hunter2))m',
  ])('keeps nothing of the expression %s', (value) => {
    expect(of(value, { HUNTER2: 'hunter2', hunter2: 'x' })).toEqual([
      { from: 'cmd', flags: ['-Xmx$VARIABLE'] },
    ]);
  });

  it('does not name variables that look secret, nor read them', () => {
    expect(
      of(null, { JAVA_KEYSTORE_PASSWORD: '-Xmx1g', JAVA_OPTS_TOKEN: '-Xmx1g', 'JAVA OPTS': '-Xmx1g' }),
    ).toEqual([]);
  });

  it('takes no variable of another language for a sign of Java', () => {
    expect(of(null, { NODE_OPTIONS: '--max-old-space-size=512', JAVASCRIPT_ENV: 'x' })).toEqual([]);
  });

  it('is linear on hostile text', () => {
    const started = performance.now();
    for (const text of [
      '-Xmx$'.repeat(50_000),
      '-Xmx${'.repeat(50_000),
      '-XX:'.repeat(50_000),
      '-Xmx1'.repeat(50_000),
    ]) {
      of(text, { JAVA_OPTS: text });
    }
    expect(performance.now() - started).toBeLessThan(200);
  });
});

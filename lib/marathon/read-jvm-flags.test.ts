import { describe, expect, it } from 'vitest';

import { parseApp } from './parse-app';
import { parsePod } from './parse-pod';

describe('memory flags of a JVM in a definition', () => {
  it('are read from cmd, env and docker parameters, and nothing else of their values is kept', () => {
    const app = parseApp({
      id: '/rpc',
      cmd: 'java $JAVA_OPTS -Xss512k -Dtoken=hush -jar a.jar',
      env: { JAVA_OPTS: '-Xmx3g -Ddb.password=hush', JAVA_TOOL_OPTIONS: { secret: 'jvm' }, MODE: 'hush' },
      container: {
        docker: { image: 'r/x:1', parameters: [{ key: 'env', value: '_JAVA_OPTIONS=-Xms1g -Dx=hush' }] },
      },
    });
    expect(app?.jvmFlags).toEqual([
      { from: 'env JAVA_OPTS', flags: ['-Xmx3g'] },
      { from: 'cmd', flags: ['-Xss512k'] },
      { from: 'env _JAVA_OPTIONS', flags: ['-Xms1g'] },
    ]);
    expect(JSON.stringify(app)).not.toContain('hush');
  });

  it('are read from the arguments of an app without a command', () => {
    expect(parseApp({ id: '/a', args: ['java', '-Xmx1g', 7, '-jar', 'a.jar'] })?.jvmFlags).toEqual([
      { from: 'args', flags: ['-Xmx1g'] },
    ]);
  });

  it('are read from all containers of a pod, its own environment counting for each', () => {
    const pod = parsePod({
      id: '/pod',
      spec: {
        id: '/pod',
        environment: { JAVA_OPTS: '-Xmx1g' },
        containers: [
          { name: 'a', exec: { command: { shell: 'java $JAVA_OPTS -jar a.jar' } } },
          { name: 'b', environment: { JAVA_OPTS: '-Xmx2g', KEY: { secret: 's' } } },
        ],
      },
    });
    expect(pod?.jvmFlags).toEqual([
      { from: 'env JAVA_OPTS', flags: ['-Xmx1g'] },
      { from: 'env JAVA_OPTS', flags: ['-Xmx2g'] },
    ]);
  });

  it.each([
    { env: null },
    { env: [] },
    { env: 'x' },
    { env: { A: 1 } },
    { container: { docker: { parameters: 7 } } },
  ])('are empty for %j', (odd) => expect(parseApp({ id: '/a', ...odd })?.jvmFlags).toEqual([]));
});

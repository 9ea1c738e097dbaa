import type { ContainerKind } from './task';

/** How a container takes SIGTERM: dies of it, ignores it until the grace period is over, or ends in order. */
export type OnSigterm = 'dies' | 'ignores' | 'ends-well';

/** An app or pod of the demo fleet. */
export type AppShape = {
  id: string;
  kind: ContainerKind;
  image: string;
  tag: string;
  cpus: number;
  mem: number;
  instances: number;
  cmd: string | null;
  env: Record<string, string>;
  labels: Record<string, string>;
  containerPort: number | null;
  /** Who checks its health: Marathon over HTTP, the executor, or nobody. */
  health: 'marathon' | 'mesos' | null;
  graceSeconds: number | null;
  onSigterm: OnSigterm;
  memorySwap: boolean;
  /** Containers of a pod. */
  containers: string[];
};

type Sketch = Pick<AppShape, 'id' | 'cpus' | 'mem' | 'instances'> & Partial<AppShape>;

function app(sketch: Sketch): AppShape {
  const [, team = 'core'] = sketch.id.split('/');
  return {
    kind: 'docker',
    image: `registry.example.test${sketch.id}`,
    tag: '1.4.0',
    cmd: null,
    env: { MODE: 'prod' },
    labels: { team },
    containerPort: 8080,
    health: 'marathon',
    graceSeconds: null,
    onSigterm: 'dies',
    memorySwap: false,
    containers: [],
    ...sketch,
  };
}

/** About 120 tasks. Values of `env` are invented; one looks like a secret on purpose, to be redacted by whoever reads it. */
export const APPS: readonly AppShape[] = [
  app({ id: '/shop/web', cpus: 0.5, mem: 512, instances: 10, onSigterm: 'ends-well', tag: '3.21.0' }),
  app({
    id: '/shop/cart',
    cpus: 0.5,
    mem: 1024,
    instances: 8,
    tag: '2.8.3',
    env: { JAVA_OPTS: '-Xmx768m' },
    memorySwap: true,
  }),
  app({
    id: '/shop/checkout',
    cpus: 1,
    mem: 2048,
    instances: 8,
    tag: '5.0.11',
    env: { JAVA_OPTS: '-Xmx1500m -XX:+UseG1GC' },
  }),
  app({ id: '/shop/catalog', cpus: 0.5, mem: 768, instances: 8, tag: '1.19.2' }),
  app({
    id: '/shop/payments',
    cpus: 1,
    mem: 1024,
    instances: 6,
    tag: '4.2.0',
    env: { PSP_URL: 'https://psp.example.test', PSP_API_KEY: 'not-a-real-key' },
  }),
  app({
    id: '/search/api',
    cpus: 1,
    mem: 2048,
    instances: 8,
    tag: '7.1.4',
    env: { JAVA_OPTS: '-Xms1g -Xmx1536m' },
  }),
  app({
    id: '/search/indexer',
    cpus: 2,
    mem: 4096,
    instances: 1,
    tag: '7.1.4',
    health: null,
    cmd: 'java -jar /app/indexer.jar --follow',
    memorySwap: true,
  }),
  app({
    id: '/billing/invoice-worker',
    cpus: 0.5,
    mem: 512,
    instances: 6,
    tag: '0.31.0',
    health: null,
    containerPort: null,
    cmd: 'python -m worker',
  }),
  app({ id: '/billing/ledger', cpus: 1, mem: 1024, instances: 4, tag: '2.3.0' }),
  app({
    id: '/media/transcoder',
    cpus: 2,
    mem: 3072,
    instances: 6,
    tag: '1.9.7',
    health: null,
    containerPort: null,
    onSigterm: 'ignores',
    graceSeconds: 10,
    cmd: './transcode.sh --queue video',
  }),
  app({ id: '/media/thumbnailer', cpus: 0.5, mem: 512, instances: 5, tag: '1.2.2', onSigterm: 'ends-well' }),
  app({ id: '/api/gateway.v2', cpus: 0.5, mem: 512, instances: 8, tag: '2.0.5', onSigterm: 'ends-well' }),
  app({ id: '/api/auth', cpus: 0.5, mem: 512, instances: 6, tag: '1.7.0', health: 'mesos' }),
  app({
    id: '/analytics/ingest',
    kind: 'mesos',
    cpus: 1,
    mem: 1024,
    instances: 8,
    tag: '0.14.1',
    health: null,
    cmd: './bin/ingest',
  }),
  app({
    id: '/analytics/report-builder',
    kind: 'mesos',
    cpus: 1,
    mem: 2048,
    instances: 1,
    tag: '0.14.1',
    health: null,
    containerPort: null,
    cmd: 'java -jar report-builder.jar',
  }),
  app({ id: '/platform/log-router', cpus: 0.2, mem: 256, instances: 10, tag: '12.4.0', health: null }),
  app({
    id: '/platform/feature-flags',
    cpus: 0.2,
    mem: 256,
    instances: 3,
    tag: '3.3.1',
    onSigterm: 'ends-well',
  }),
  app({
    id: '/ml/recommender',
    cpus: 2,
    mem: 4096,
    instances: 4,
    tag: '0.8.0',
    onSigterm: 'ignores',
    graceSeconds: 30,
  }),
  app({
    id: '/platform/metrics-relay',
    kind: 'pod',
    cpus: 0.2,
    mem: 128,
    instances: 3,
    tag: '1.1.0',
    health: null,
    containers: ['collector', 'shipper'],
  }),
  // Its heap may grow to the whole of its container, which leaves metaspace and threads nothing.
  app({
    id: '/search/suggest',
    cpus: 0.5,
    mem: 1024,
    instances: 2,
    tag: '2.2.1',
    cmd: 'java $JAVA_OPTS -jar /app/suggest.jar',
    env: { MODE: 'prod', JAVA_OPTS: '-Xms256m -Xmx1024m' },
  }),
];

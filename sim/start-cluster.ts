import { createHostLogOutputs, type HostLogOptions } from './host-logs/host-log-outputs';
import { answerAsAgent } from './http/agent-server';
import type { Auth } from './http/auth';
import { answerControl } from './http/control-server';
import { type Handle, type Listener, listen } from './http/listen';
import { answerAsMarathon } from './http/marathon-server';
import { answerAsMaster, type MasterServer } from './http/master-server';
import { createMisbehaviour } from './http/misbehaviour';
import type { MasterView } from './http/state-json';
import { createRandom } from './model/random';
import { createSimulation, type Simulation, type SimulationOptions } from './simulation';

export type ClusterOptions = Omit<SimulationOptions, 'onHostLine'> &
  HostLogOptions & {
    host: string;
    /** Leader here, then the other master, Marathon, agents and control on the ports after it; 0: free ones. */
    port: number;
    masterAuth: Auth;
    marathonAuth: Auth;
  };

export type Cluster = {
  simulation: Simulation;
  /** The leader first. */
  masters: string[];
  marathons: string[];
  control: string;
  stop(): Promise<void>;
};

/** Starts the simulated cluster's listeners. Rejects where a port is taken; then none is left open. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const outputs = createHostLogOutputs(options);
  const simulation = createSimulation({ ...options, onHostLine: outputs.listener });
  const misbehaviour = createMisbehaviour();
  const { host } = options;
  const open: Listener[] = [];

  async function start(handle: Handle): Promise<Listener> {
    const port = options.port === 0 ? 0 : options.port + open.length;
    const listener = await listen(host, port, handle);
    open.push(listener);
    return listener;
  }

  async function stop(): Promise<void> {
    outputs.stop();
    await Promise.all(open.map((listener) => listener.close()));
  }

  const portOf = (index: number) => open[index]?.port ?? 0;
  const server = (view: () => MasterView): MasterServer => ({
    simulation,
    misbehaviour,
    auth: options.masterAuth,
    streams: new Set(),
    view,
  });
  const { world } = simulation;
  const otherId = createRandom(world.seed, 'other-master').uuid();
  const leader = () => ({ id: world.master.id, host, port: portOf(0) });
  const common = () => ({ host, leader: leader(), agentsPort: portOf(3), startedAt: world.master.startedAt });

  try {
    const leading = server(() => ({ ...common(), ...leader(), leads: true }));
    const waiting = server(() => ({ ...common(), id: otherId, port: portOf(1), leads: false }));
    const masters = [
      await start((exchange) => answerAsMaster(leading, exchange)),
      await start((exchange) => answerAsMaster(waiting, exchange)),
    ];
    const address = () => ({ self: `${host}:${portOf(2)}`, master: open[0]?.url ?? '' });
    const marathonServer = { simulation, misbehaviour, auth: options.marathonAuth, address };
    const marathon = await start((exchange) => answerAsMarathon(marathonServer, exchange));
    await start((exchange) => answerAsAgent(simulation, exchange));
    const control = await start((exchange) => answerControl(simulation, misbehaviour, exchange));
    outputs.start(simulation);
    return {
      simulation,
      masters: masters.map(({ url }) => url),
      marathons: [marathon.url],
      control: control.url,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

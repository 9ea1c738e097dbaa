import { createHostLogOutputs, type HostLogOptions } from './host-logs/host-log-outputs';
import { answerAsAgent } from './http/agent-server';
import type { Auth } from './http/auth';
import { answerControl } from './http/control-server';
import { type Handle, type Listener, listen } from './http/listen';
import { answerAsMarathon } from './http/marathon-server';
import { answerAsMaster, type MasterServer } from './http/master-server';
import { createMisbehaviour } from './http/misbehaviour';
import type { MasterView } from './http/state-json';
import { createSimulation, type Simulation, type SimulationOptions } from './simulation';

export type ClusterOptions = Omit<SimulationOptions, 'onHostLine'> &
  HostLogOptions & {
    host: string;
    /** One master here, then the other master, Marathon, agents and control on the ports after it; 0: free ones. */
    port: number;
    masterAuth: Auth;
    marathonAuth: Auth;
    /** Megabytes of running tasks that /state shows besides its own. */
    stateMb: number;
  };

export type Cluster = {
  simulation: Simulation;
  /** The one that leads until a failover first. */
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
  const { master } = simulation.world;
  const idOf = (seat: number) => (master.seat === seat ? master.id : master.standby.id);
  const addressOf = (seat: number) => ({ id: idOf(seat), host, port: portOf(seat) });
  const server = (seat: 0 | 1): MasterServer => ({
    simulation,
    misbehaviour,
    auth: options.masterAuth,
    streams: new Set(),
    view: (): MasterView => ({
      ...addressOf(seat),
      leads: master.seat === seat,
      leader: addressOf(master.seat),
      agentsPort: portOf(3),
      startedAt: master.seat === seat ? master.startedAt : master.standby.startedAt,
    }),
    other: () => addressOf(1 - seat),
    stateMb: options.stateMb,
  });

  function failOver(kind: 'failover' | 'restart', awaySeconds: number): void {
    // Its streams end with it.
    open[master.seat]?.leave(awaySeconds * 1000);
    simulation.trigger(kind);
  }

  try {
    const [first, second] = [server(0), server(1)];
    const masters = [
      await start((exchange) => answerAsMaster(first, exchange)),
      await start((exchange) => answerAsMaster(second, exchange)),
    ];
    const address = () => ({ self: `${host}:${portOf(2)}`, master: open[master.seat]?.url ?? '' });
    const marathonServer = { simulation, misbehaviour, auth: options.marathonAuth, address };
    const marathon = await start((exchange) => answerAsMarathon(marathonServer, exchange));
    await start((exchange) => answerAsAgent(simulation, exchange));
    const control = await start((exchange) =>
      answerControl({ simulation, misbehaviour, failOver }, exchange),
    );
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

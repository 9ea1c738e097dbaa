import type { Task, TaskStatus } from './task';

/** A framework as the master knows it, with the three lists of its tasks. */
export type Framework = {
  id: string;
  name: string;
  user: string;
  hostname: string;
  webuiUrl: string;
  principal: string;
  role: string;
  capabilities: string[];
  failoverTimeout: number;
  /** Without it an unreachable agent's tasks are TASK_LOST, not TASK_UNREACHABLE. */
  partitionAware: boolean;
  registeredAt: number;
  unregisteredAt: number | null;
  tasks: Map<string, Task>;
  /** In the order in which they became unreachable. */
  unreachable: Map<string, Task>;
  /** Oldest completion first. */
  completed: Task[];
  /** Ends per state since the election, for the counters Mesos has since 1.7. */
  terminalCounts: Record<string, number>;
  /** Called after the master has taken a status in; the scheduler acts on it. */
  onStatus: (task: Task, status: TaskStatus) => void;
};

export type FrameworkShape = Pick<
  Framework,
  | 'id'
  | 'name'
  | 'user'
  | 'hostname'
  | 'webuiUrl'
  | 'principal'
  | 'role'
  | 'capabilities'
  | 'failoverTimeout'
  | 'partitionAware'
  | 'registeredAt'
>;

export function createFramework(shape: FrameworkShape): Framework {
  return {
    ...shape,
    unregisteredAt: null,
    tasks: new Map(),
    unreachable: new Map(),
    completed: [],
    terminalCounts: {},
    onStatus: () => {},
  };
}

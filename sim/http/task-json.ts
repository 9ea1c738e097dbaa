import { type MesosVersion, since } from '../model/mesos-version';
import type { Task, TaskStatus } from '../model/task';

/** A task as `/state` writes it: no message, no reason, no source, in any version. */
export function taskJson(version: MesosVersion, task: Task): Record<string, unknown> {
  const labels = Object.entries(task.labels).map(([key, value]) => ({ key, value }));
  return {
    id: task.id,
    name: task.name,
    framework_id: task.frameworkId,
    executor_id: task.executorId,
    slave_id: task.agent.id,
    state: task.state,
    resources: resourcesJson(version, task),
    ...(since(version, '1.3') ? { role: task.role } : {}),
    statuses: task.statuses.map((status) => statusJson(version, task, status)),
    ...(since(version, '1.0') ? { user: task.user } : {}),
    ...(since(version, '0.22') && labels.length > 0 ? { labels } : {}),
    ...(since(version, '0.22') && task.hostPort !== null ? { discovery: discoveryJson(task) } : {}),
    ...(since(version, '0.27') && task.image !== null ? { container: containerJson(task) } : {}),
    ...(since(version, '1.8') && task.mesosChecks ? { health_check: healthCheckJson(task) } : {}),
  };
}

export function resourcesJson(
  version: MesosVersion,
  { cpus, mem, hostPort }: Pick<Task, 'cpus' | 'mem' | 'hostPort'>,
): Record<string, unknown> {
  return {
    cpus,
    ...(since(version, '1.0') ? { gpus: 0 } : {}),
    mem,
    disk: 0,
    ...(hostPort === null ? {} : { ports: `[${hostPort}-${hostPort}]` }),
  };
}

function statusJson(version: MesosVersion, task: Task, status: TaskStatus): Record<string, unknown> {
  return {
    state: status.state,
    timestamp: status.timestamp,
    ...(since(version, '0.25') && status.withContainer
      ? { container_status: containerStatusJson(version, task, status) }
      : {}),
    ...(since(version, '0.26') && status.healthy !== undefined ? { healthy: status.healthy } : {}),
  };
}

/** The same message in both APIs: protobuf JSON. */
export function containerStatusJson(
  version: MesosVersion,
  task: Task,
  status: TaskStatus,
): Record<string, unknown> {
  const address = status.state === 'TASK_STARTING' ? task.agent.ip : task.address;
  const parent = task.parentContainerId === null ? {} : { parent: { value: task.parentContainerId } };
  return {
    ...(since(version, '1.2') ? { container_id: { value: task.containerId, ...parent } } : {}),
    network_infos: [{ ip_addresses: [{ protocol: 'IPv4', ip_address: address }] }],
  };
}

export function discoveryJson(task: Task): Record<string, unknown> {
  return {
    visibility: 'FRAMEWORK',
    name: task.name,
    ports: { ports: [{ number: task.hostPort, protocol: 'tcp' }] },
  };
}

export function containerJson(task: Task): Record<string, unknown> {
  if (task.kind !== 'docker') {
    return {
      type: 'MESOS',
      mesos: { image: { type: 'DOCKER', docker: { name: task.image }, cached: true } },
    };
  }
  return {
    type: 'DOCKER',
    docker: {
      image: task.image,
      network: task.hostPort === null ? 'HOST' : 'BRIDGE',
      privileged: false,
      force_pull_image: false,
      ...(task.memorySwap ? { parameters: [{ key: 'memory-swap', value: `${task.mem}m` }] } : {}),
      ...(task.hostPort === null
        ? {}
        : {
            port_mappings: [
              { host_port: task.hostPort, container_port: task.containerPort, protocol: 'tcp' },
            ],
          }),
    },
  };
}

export function healthCheckJson(task: Task): Record<string, unknown> {
  return {
    type: 'HTTP',
    delay_seconds: 15,
    interval_seconds: 60,
    timeout_seconds: 20,
    consecutive_failures: 3,
    grace_period_seconds: 300,
    http: { protocol: 'IPv4', scheme: 'http', port: task.containerPort, path: '/health' },
  };
}

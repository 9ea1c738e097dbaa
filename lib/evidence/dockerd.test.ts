import { describe, expect, it } from 'vitest';

import type { LogSignal } from '@/lib/domain/log-signal';
import { dockerdParser } from './dockerd';
import { parseLine } from './line-prefix';

const ID = 'c0ffee5c1e0f4d3b8a79b1d2e3f405162738495a6b7c8d9eaf0b1c2d3e4f5a6b';
const SHORT = ID.slice(0, 12);
const MESOS = '5d0f6a3e-7c1b-4c55-9a0e-0b6f4a1d2c3e';
const OPTIONS = { receivedAt: new Date('2021-06-01T00:00:00Z'), timeZone: 'UTC', host: null };

/** As log-parser.ts does it: a parser sees a line only where one of its needles stands in the message. */
function read(raw: string): Partial<LogSignal>[] {
  const line = parseLine(raw, OPTIONS);
  if (!dockerdParser.needles.some((needle) => line.message.includes(needle))) return [];
  return dockerdParser.parse(line).flatMap((fact) => ('signal' in fact ? [fact.signal] : []));
}

const daemon = (msg: string, level = 'error', more = '') =>
  `Jun 01 10:00:00 h1 dockerd[812]: time="2021-06-01T10:00:00.123456789Z" level=${level} msg="${msg}"${more}`;
const agent = (text: string, severity = 'E', file = 'slave.cpp:3207') =>
  `Jun  1 10:00:00 h1 mesos-agent[700]: ${severity}0601 10:00:00.123456 711 ${file}] ${text}`;

type Case = { line: string; want: Partial<LogSignal> };

describe('kills that did not work', () => {
  it.each<Case>([
    {
      line: daemon(`Container ${ID} failed to exit within 10 seconds of signal 15 - using the force`, 'info'),
      want: { signature: 'docker_kill_timeout', containerId: ID, seconds: 10, host: 'h1', source: 'dockerd' },
    },
    {
      line: daemon(
        `Container ${SHORT} failed to exit within 10 seconds of kill - trying direct SIGKILL`,
        'info',
      ),
      want: { signature: 'docker_kill_timeout', containerId: SHORT },
    },
    {
      line: daemon(
        'Container failed to exit within 2m0s of signal 3 - using the force',
        'info',
        ` container=${ID}`,
      ),
      want: { signature: 'docker_kill_timeout', containerId: ID, seconds: 120 },
    },
    {
      line: daemon(
        'Container failed to exit within 10s of kill - trying direct SIGKILL',
        'warning',
        ` container=${ID}`,
      ),
      want: { signature: 'docker_kill_timeout', containerId: ID, seconds: 10 },
    },
    {
      line: `2014/03/01 10:00:00 Container ${ID} failed to exit within 10 seconds of lxc SIGKILL - trying direct SIGKILL`,
      want: { signature: 'docker_kill_timeout', containerId: ID },
    },
    {
      line: `{"level":"info","msg":"Container ${ID} failed to exit within 30 seconds of signal 15 - using the force","time":"2021-06-01T10:00:00Z"}`,
      want: { signature: 'docker_kill_timeout', containerId: ID, seconds: 30 },
    },
    {
      line: daemon(
        `Handler for POST /v1.41/containers/${ID}/kill returned error: Cannot kill container: ${ID}: tried to kill container, but did not receive an exit event`,
      ),
      want: { signature: 'docker_kill_timeout', containerId: ID },
    },
    {
      line: daemon(
        'Container failed to exit within 10 seconds of kill - trying direct SIGKILL',
        'error',
        ` container=${ID} error="context deadline exceeded"`,
      ),
      want: { signature: 'docker_kill_timeout', containerId: ID, seconds: 10 },
    },
    {
      line: daemon(
        'error killing container: context deadline exceeded',
        'error',
        ` container=${ID} error="context deadline exceeded"`,
      ),
      want: { signature: 'docker_kill_timeout', containerId: ID },
    },
    {
      line: daemon(
        'Error sending stop (signal 3) to container',
        'warning',
        ` container=${ID} error="permission denied"`,
      ),
      want: { signature: 'docker_kill_timeout', containerId: ID },
    },
    {
      line: agent(`Docker stop timed out for container ${MESOS}`, 'W', 'docker.cpp:2402'),
      want: { signature: 'docker_kill_timeout', containerId: MESOS, source: 'mesos_agent' },
    },
    {
      line: `time="2021-06-01T10:00:00Z" level=error msg="StopContainer for \\"${ID}\\" failed" error="rpc error: code = DeadlineExceeded desc = an error occurs during waiting for container \\"${ID}\\" to be killed: wait container \\"${ID}\\": context deadline exceeded"`,
      want: { signature: 'docker_kill_timeout', containerId: ID },
    },
    {
      line: `time="2021-06-01T10:00:00Z" level=error msg="An error occurs during waiting for container \\"${ID}\\" to be stopped" error="wait container \\"${ID}\\" stop timeout"`,
      want: { signature: 'docker_kill_timeout', containerId: ID },
    },
    {
      line: `Error response from daemon: cannot stop container: ${SHORT}: permission denied`,
      want: { signature: 'docker_kill_timeout', containerId: SHORT },
    },
    {
      line: `Error response from daemon: cannot kill container: ${SHORT}: container PID 4711 is zombie and can not be killed. Use the --init option when creating containers to run an init inside the container that forwards signals and reaps processes`,
      want: { signature: 'docker_kill_timeout', containerId: SHORT },
    },
    {
      line: agent(
        `Termination of executor 'web.1' of framework 'f-0000' failed: Failed to kill all processes in the container: Timed out after 1mins`,
      ),
      want: {
        signature: 'docker_kill_timeout',
        source: 'mesos_agent',
        taskId: 'web.1',
        frameworkId: 'f-0000',
      },
    },
    {
      line: `E0601 10:00:00.123456 4321 remote_runtime.go:222] StopContainer "${ID}" from runtime service failed: rpc error: code = Unknown desc = failed to stop container "${ID}": an error occurs during waiting for container "${ID}" to be killed`,
      want: { signature: 'docker_kill_timeout', containerId: ID },
    },
  ])('$line', ({ line, want }) => {
    expect(read(line)).toMatchObject([want]);
  });
});

describe('containers that are gone', () => {
  it.each<Case>([
    {
      line: daemon(
        "container kill failed because of 'container not found' or 'no such process'",
        'warning',
        ` action=kill container=${ID} error="no running task found: task ${SHORT} not found: not found"`,
      ),
      want: { signature: 'container_not_found', containerId: ID },
    },
    {
      line: `warning: container kill failed because of 'container not found' or 'no such process' [action=kill container=${ID} error=task has been deleted: not found module=libcontainerd]`,
      want: { signature: 'container_not_found', containerId: ID },
    },
    {
      line: daemon(`Handler for POST /v1.24/containers/${ID}/stop returned error: No such container: ${ID}`),
      want: { signature: 'container_not_found', containerId: ID },
    },
    {
      line: `Error response from daemon: Cannot kill container ${SHORT}: Container ${ID} is not running`,
      want: { signature: 'container_not_found', containerId: SHORT },
    },
    {
      line: agent(
        `Failed to destroy container ${MESOS}: Failed to run 'docker -H unix:///run/docker.sock stop -t 15 mesos-${MESOS}': exited with status 1; stderr='Error: No such container: mesos-${MESOS}'`,
      ),
      want: { signature: 'container_not_found', containerId: MESOS, source: 'mesos_agent' },
    },
  ])('$line', ({ line, want }) => {
    expect(read(line)).toMatchObject([want]);
  });
});

describe('a Docker that does not answer', () => {
  it.each([
    'Cannot connect to the Docker daemon at tcp://10.1.2.3:2375. Is the docker daemon running?',
    'Failed to connect to containerd: failed to dial "/run/containerd/containerd.sock": context deadline exceeded',
    daemon('failed to start containerd: timeout waiting for containerd to start', 'fatal'),
    'dial unix /var/run/docker.sock: connect: resource temporarily unavailable',
    'error during connect: Get http://%2Fvar%2Frun%2Fdocker.sock/v1.40/containers/json: net/http: request canceled (Client.Timeout exceeded while awaiting headers)',
    daemon(
      'libcontainerd: failed to receive event from containerd: rpc error: code = 14 desc = grpc: the connection is unavailable',
    ),
    daemon('Handler for GET /v1.38/containers/json returned error: context deadline exceeded'),
    daemon(
      'Failed to get event',
      'error',
      ' error="rpc error: code = Unavailable desc = error reading from server: EOF" module=libcontainerd namespace=moby',
    ),
    daemon('Health check error: rpc error: code = 4 desc = context deadline exceeded'),
    daemon(
      'containerd: start container',
      'error',
      ' error="containerd: container did not start before the specified timeout"',
    ),
    'Error response from daemon: rpc error: code = Unavailable desc = transport is closing',
    'time="2021-06-01T10:00:00Z" level=warning msg="grpc: addrConn.createTransport failed to connect" error="connection error: desc = \\"transport: error while dialing: dial unix:///run/containerd/containerd.sock: timeout\\""',
    'time="2021-06-01T10:00:00.123456789Z" level=error msg="Handler for GET /v1.38/info returned error: context deadline exceeded"',
    daemon('containerd did not exit successfully', 'error', ' error="exit status 2" module=libcontainerd'),
    daemon('killing and restarting containerd', 'warning', ' module=libcontainerd'),
    "requests.exceptions.ReadTimeout: UnixHTTPConnectionPool(host='localhost', port=None): Read timed out. (read timeout=60)",
    'E0601 10:00:00.123456 4321 kubelet.go:1765] skipping pod synchronization - [container runtime is down PLEG is not healthy: pleg was last seen active 3m5.1s ago; threshold is 3m0s]',
    'E0601 10:00:00.123456 4321 remote_runtime.go:262] ListContainers with filter from runtime service failed: rpc error: code = DeadlineExceeded desc = context deadline exceeded',
    agent(`Docker inspect timed out after 5secs for container 'mesos-${MESOS}'`, 'W', 'docker.cpp:1610'),
    'health-monitor.sh[99]: docker ps timed out after 60 s',
  ])('%s', (line) => {
    expect(read(line)).toMatchObject([{ signature: 'docker_hang' }]);
  });
});

describe('disks, layers and pools', () => {
  it.each([
    ['no_space', 'docker: open /var/lib/docker/tmp/docker-export-77/json: no space left on device.'],
    [
      'no_space',
      'docker: failed to register layer: Error processing tar file(exit status 1): write /x: no space left on device.',
    ],
    ['no_space', 'java.io.IOException: No space left on device'],
    [
      'no_space',
      daemon(
        'failed to create task',
        'error',
        ' error="mkdir /run/state/a: no space left on device" namespace=moby',
      ),
    ],
    ['no_space', 'git clone: error: unable to write file: No space left on device'],
    ['no_space', 'write tasks.db: no space left on device'],
    ['no_space', 'mkdir /srv/jobs/tasks: no space left on device'],
    [
      'no_space',
      daemon(
        'Failed to log msg \\"\\" for logger json-file: write /var/lib/docker/containers/x/x-json.log: no space left on device',
      ),
    ],
    [
      'layer_corruption',
      'failed to register layer: rename /var/lib/docker/image/overlay2/layerdb/tmp/write-set-1 /var/lib/docker/image/overlay2/layerdb/sha256/ab: directory not empty',
    ],
    ['layer_corruption', `filesystem layer verification failed for digest sha256:${ID}`],
    [
      'layer_corruption',
      daemon(
        `Handler for POST /v1.40/containers/create returned error: readlink /var/lib/docker/overlay2/l/ABC: invalid argument`,
      ),
    ],
    ['xfs_or_ext4_error', 'lstat /var/lib/docker/overlay2/x/diff: structure needs cleaning'],
    ['io_error', daemon('open /var/lib/docker/containers/x/config.v2.json: input/output error')],
    [
      'devicemapper',
      'devmapper: Thin Pool has 311 free metadata blocks which is less than minimum required 52428 free metadata blocks.',
    ],
    [
      'devicemapper',
      'kernel: device-mapper: thin: 253:4: reached low water mark for data device: sending event.',
    ],
    ['devicemapper', 'lvm[900]: WARNING: Thin pool docker-thinpool data is now 95.12% full.'],
    [
      'devicemapper',
      'docker: Error response from daemon: devicemapper: Error running DeviceCreate (createSnapDevice) dm_task_run failed.',
    ],
    ['devicemapper', daemon('devmapper: Error unmounting device x: Device is Busy')],
    [
      'container_start_failed',
      daemon('OCI runtime start failed: container process is already dead: unknown'),
    ],
    [
      'image_gc',
      'E0601 10:00:00.123456 4321 kubelet.go:1300] Image garbage collection failed once. Stats initialization may not have completed yet: failed to get imageFs info',
    ],
    [
      'image_gc',
      'failed to garbage collect required amount of images. Wanted to free 9000000 bytes, but freed 12000 bytes',
    ],
    [
      'image_gc',
      'Jun  1 10:00:00 h1 docker-gc[77]: Error response from daemon: conflict: unable to delete ab12cd34ef56 (must be forced) - image is referenced in multiple repositories',
    ],
  ])('%s: %s', (signature, line) => {
    expect(read(line)).toMatchObject([{ signature }]);
  });

  it('names the pool of the kernel’s line, and the kernel as its source', () => {
    expect(
      read(
        'Jun  1 10:00:00 h1 kernel: [  12.345678] device-mapper: thin: 253:4: no free metadata space available.',
      ),
    ).toMatchObject([{ signature: 'devicemapper', device: '253:4', source: 'kernel', host: 'h1' }]);
  });
});

describe('lines that mean nothing', () => {
  it.each([
    ['cpuset', 'write /sys/fs/cgroup/cpuset/docker/x/cgroup.procs: no space left on device'],
    [
      'cgroup ids',
      `oci runtime error: process_linux.go:258: applying cgroup configuration for process caused "mkdir /sys/fs/cgroup/memory/docker/${ID}: no space left on device"`,
    ],
    ['a tasks file', 'write tasks: no space left on device'],
    ['user namespaces', 'unshare: clone failed: No space left on device'],
    ['inotify', 'Failed to watch directory "/var/log": inotify_add_watch /var/log: no space left on device'],
    ['inotify of tail', "tail: cannot watch '/var/log/messages': No space left on device"],
    ['semaphores', '(28)No space left on device: AH00023: Couldn’t create the mpm-accept mutex'],
    [
      'semget',
      'could not create semaphores: No space left on device; Failed system call was semget(1, 17, 03600).',
    ],
    ['shared memory', 'write /dev/shm/nccl-1: No space left on device'],
    ['namespaces', 'fork/exec /proc/self/exe: no space left on device'],
    [
      'mounts',
      'error mounting "proc" to rootfs at "/proc": mount proc:/proc (via /proc/self/fd/6), flags: 0xe: no space left on device',
    ],
    ['routes', 'RTNETLINK answers: No space left on device'],
    [
      'somebody looking for it',
      'sudo: ops : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/grep no space left on device /var/log/messages',
    ],
    [
      'a registry',
      daemon(
        'Handler for POST /images/create returned error: Get https://registry-1.docker.io/v2/: context deadline exceeded',
      ),
    ],
    [
      'another program',
      'Jun  1 10:00:00 h1 loki[77]: level=error msg="final error sending batch" error="rpc error: code = DeadlineExceeded desc = context deadline exceeded"',
    ],
    ['a health check', daemon(`Health check for container ${ID} error: context deadline exceeded`)],
    [
      'no rights',
      'Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: dial unix /var/run/docker.sock: connect: permission denied',
    ],
    ['an ordinary kill', daemon(`Sending kill signal 15 to container ${ID}`, 'debug')],
    ['a kill that worked', daemon(`Container ${ID} exited`, 'info')],
    [
      'an exec into a stopped one',
      daemon(`Handler for POST /v1.40/containers/${ID}/exec returned error: Container ${ID} is not running`),
    ],
    [
      'Mesos asking ahead',
      daemon(
        `Handler for GET /v1.24/containers/mesos-${MESOS}/json returned error: No such container: mesos-${MESOS}`,
      ),
    ],
    [
      'a monitor asking for one that ended',
      daemon(`Handler for GET /v1.41/containers/${ID}/json returned error: No such container: ${ID}`),
    ],
    [
      'a client asking by name',
      daemon('Handler for HEAD /containers/web/archive returned error: No such container: web'),
    ],
    [
      'kubelet asking for one that it removed',
      `E0601 10:00:00.123456 4321 remote_runtime.go:597] "ContainerStatus from runtime service failed" err="rpc error: code = Unknown desc = Error: No such container: ${ID}" containerID="${ID}"`,
    ],
    [
      'a master that does not know the task',
      'W0601 10:00:00.123456 4321 master.cpp:4900] Cannot kill task web.1 of framework f-0000 (marathon) at scheduler-1@10.0.0.1:5 because it is unknown; performing reconciliation',
    ],
    [
      'an agent that has no executor for the task',
      agent('Cannot kill task web.1 of framework f-0000 because no corresponding executor is running', 'W'),
    ],
    ['another daemon', 'Jun  1 10:00:00 h1 app[7]: the docker daemonset says: cron daemon is not running'],
    ['a pull given up', 'failed to extract layer sha256:ab: context canceled'],
    [
      'loopback advice',
      daemon('devmapper: Usage of loopback devices is strongly discouraged for production use.', 'warning'),
    ],
    [
      'discards',
      'kernel: device-mapper: thin: Data device (dm-1) discard unsupported: Disabling discard passdown.',
    ],
    ['an XFS being made', daemon('devmapper: Creating filesystem xfs on device docker-253:0-1', 'info')],
    [
      'an image in use',
      'Error response from daemon: conflict: unable to delete ab12cd34ef56 (cannot be forced) - image is being used by running container 0123456789ab',
    ],
    [
      'systemd stopping',
      'Jun  1 10:00:00 h1 systemd[1]: Failed to stop docker.service: Unit docker.service not loaded.',
    ],
  ])('%s: %s', (_, line) => {
    expect(read(line)).toEqual([]);
  });

  it('takes hostile lines in time linear in their length', () => {
    const began = performance.now();
    for (const piece of [
      'Container ',
      'dial unix ',
      'failed to kill ',
      "docker '",
      'mount a:b (',
      'executor ',
      'no space left on device ',
    ]) {
      const line = parseLine(`${piece.repeat(2_000_000 / piece.length)} failed to exit within`, OPTIONS);
      dockerdParser.parse(line);
    }
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});

import { describe, expect, it } from 'vitest';

import { containerOf, idOfSegment, orchestratorOf } from './cgroup-path';

const A = 'a1'.repeat(32);
const B = 'b2'.repeat(32);
const M = '4f2a5b0c-1c1e-4b6d-9a43-0d9c3a7f2b11';
const N = '6e0d7a51-93c4-4f0e-8d55-71a0e4c2b922';
const POD = 'podf0a1b2c3-0000-4000-8000-000000000001';

describe('a cgroup path names its innermost container and who runs it', () => {
  it.each([
    [`/docker/${A}`, A, 'docker'],
    [`/docker/${A.slice(0, 12)}`, A.slice(0, 12), 'docker'],
    [`/docker/${A}/docker/${B}`, B, 'docker'],
    [`/docker/${A}/system.slice/cron.service`, A, 'docker'],
    [`/system.slice/docker-${A}.scope`, A, 'docker'],
    [`/mesos/${M}`, M, 'mesos'],
    [`/mesos/${M}/mesos/${N}`, `${M}.${N}`, 'mesos'],
    [`/mesos/${M}/${A}`, A, 'mesos'],
    [`/kubepods/burstable/${POD}/${A}`, A, 'kubernetes'],
    [`/kubepods/burstable/${POD}`, null, 'kubernetes'],
    [`/kubepods.slice/kubepods-pod1.slice/docker-${A}.scope`, A, 'kubernetes'],
    [`/kubepods.slice/kubepods-pod1.slice/cri-containerd-${A}.scope`, A, 'kubernetes'],
    [`/kubepods.slice/kubepods-pod1.slice/crio-${A}.scope`, A, 'kubernetes'],
    [`/kubepods.slice/x.slice/crio-conmon-${A}.scope`, null, 'kubernetes'],
    [`/system.slice/kubepods-burstable-pod7_1.slice:cri-containerd:${A}`, A, 'kubernetes'],
    [`/docker/${A}/kubelet/kubepods/besteffort/${POD}/${B}`, B, 'kubernetes'],
    [`/ecs/f209/${A}`, A, 'ecs'],
    [`/lxc/101/ns/system.slice/docker-${A}.scope`, A, 'lxc'],
    ['/lxc.payload.web/system.slice/nginx.service', null, 'lxc'],
    [`/machine.slice/libpod-${A}.scope`, A, 'other'],
    ['/system.slice/nginx.service', null, 'systemd'],
    ['/user.slice/user-1000.slice/session-2.scope', null, 'systemd'],
    ['/', null, 'other'],
    ['/leaker', null, 'other'],
  ])('%s', (path, container, orchestrator) => {
    expect({ container: containerOf(path), orchestrator: orchestratorOf(path) }).toEqual({
      container,
      orchestrator,
    });
  });

  it('takes no word of letters for an id', () => {
    expect([idOfSegment('/'), idOfSegment('aegis'), idOfSegment('deadbeefcafe')]).toEqual([null, null, null]);
  });
});

import { describe, expect, it } from 'vitest';

import type { LogSignature } from '@/lib/domain/log-signal';

import { diagnose } from '../diagnose';
import { beforeEnd, factsOf, hostSignalOf, marathonOf, type Row, tieOf, verdictOf } from '../facts-for-tests';

const onHost = (signature: LogSignature, secondsBefore = 60) =>
  tieOf({
    by: 'time',
    proof: 'likely',
    signal: hostSignalOf(signature, { at: beforeEnd(secondsBefore) }),
    reason: 'Same host, 60 s before the end.',
  });
const named = (signature: LogSignature) => tieOf({ by: 'task_id', signal: hostSignalOf(signature) });
const executor = { message: 'Executor terminated', reason: 'REASON_EXECUTOR_TERMINATED' };

describe('trouble of the host', () => {
  it.each<Row>([
    {
      when: 'an executor that ended while Docker hung',
      facts: { ...executor, evidence: [onHost('docker_hang')] },
      want: 'evidence-docker-hang docker_daemon_unresponsive failure likely',
    },
    {
      when: 'the tie is only possible',
      facts: { ...executor, evidence: [{ ...onHost('docker_hang'), proof: 'possible' }] },
      want: 'evidence-docker-hang docker_daemon_unresponsive failure possible',
    },
    {
      when: 'a network device that is not let go',
      facts: { ...executor, evidence: [onHost('unregister_netdevice')] },
      want: 'evidence-netdevice-hang docker_daemon_unresponsive failure possible',
    },
    {
      when: 'a full disk',
      facts: { ...executor, evidence: [onHost('no_space')] },
      want: 'evidence-no-space no_space_left_on_device failure likely',
    },
    {
      when: 'a fetch that failed without a reason on a full disk',
      facts: {
        message:
          "Failed to launch container: Failed to fetch all URIs for container 'c1': exited with status 1",
        evidence: [onHost('no_space')],
      },
      want: 'evidence-no-space no_space_left_on_device failure likely',
    },
    {
      when: 'a pull with a reason of its own keeps it',
      facts: { message: 'docker: manifest for r/x:1 not found', evidence: [onHost('no_space')] },
      want: 'evidence-no-space image_pull_failure failure likely',
    },
    {
      when: 'a launch with a reason of its own keeps it',
      facts: {
        message: 'docker: Error response from daemon: invalid mount config for type "bind"',
        evidence: [onHost('docker_restart')],
      },
      want: 'evidence-docker-hang launch_failure failure likely',
    },
    {
      when: 'a sign half an hour before',
      facts: { ...executor, evidence: [onHost('docker_hang', 1800)] },
      want: 'executor-terminated executor_terminated failure likely',
    },
    {
      when: 'a program that failed by itself',
      facts: {
        message: 'Container exited with status 1',
        evidence: [onHost('docker_hang'), onHost('no_space')],
      },
      want: 'exit-code app_exit_nonzero failure likely',
    },
    {
      when: '137 on a host in trouble stays unproven',
      facts: { message: 'Container exited with status 137', evidence: [onHost('hung_task')] },
      want: 'sigkill sigkill_137_unproven failure likely',
    },
    {
      when: 'a kill by a deployment',
      facts: {
        state: 'TASK_KILLED',
        marathon: marathonOf({ deployment: { deploymentId: 'd', actions: [], startedAt: beforeEnd(9) } }),
        evidence: [onHost('docker_hang')],
      },
      want: 'killed-by-deployment killed_by_deploy_or_scale normal likely',
    },
    {
      when: 'KILLED, unexplained: the host explains no request',
      facts: { state: 'TASK_KILLED', evidence: [onHost('docker_hang')] },
      want: 'killed-unexplained unknown unexplained possible',
    },
    {
      when: 'the agent says that the executor did not register',
      facts: { evidence: [named('mesos_registration_timeout')] },
      want: 'evidence-registration-timeout executor_registration_timeout failure proven',
    },
    {
      when: 'the agent aborted under its tasks',
      facts: { ...executor, state: 'TASK_LOST', evidence: [onHost('mesos_agent_abort')] },
      want: 'evidence-agent-abort agent_restart_or_reregistration failure likely',
    },
    {
      when: 'a corrupt layer is cited, the pull stays the cause',
      facts: {
        message: 'docker: failed to register layer: rename: file exists',
        evidence: [onHost('layer_corruption')],
      },
      want: 'evidence-layer-corruption image_pull_failure failure likely',
    },
    {
      when: 'the crash of this very process',
      facts: { evidence: [tieOf({ by: 'pid', signal: hostSignalOf('process_crash') })] },
      want: 'evidence-process-crash app_crash_signal failure proven',
    },
    {
      when: 'an I/O error beside an executor that ended is cited',
      facts: { ...executor, evidence: [onHost('io_error')] },
      want: 'evidence-disk-trouble executor_terminated failure likely',
    },
    {
      when: 'a hung task beside an agent that was lost is cited',
      facts: { state: 'TASK_LOST', message: 'Agent h1 removed', evidence: [onHost('hung_task')] },
      want: 'evidence-kernel-trouble agent_lost_or_removed failure proven',
    },
  ])('$when: $want', ({ facts, want }) => expect(verdictOf(facts)).toBe(want));

  it('says that the line does not name the task', () => {
    const { because, summary } = diagnose(factsOf({ ...executor, evidence: [onHost('docker_hang')] }));
    expect(summary).toContain(
      'ended without a reason of its own, and at that time: Docker on the host did not answer',
    );
    expect(because.join(' ')).toContain('does not name this task');
  });
});

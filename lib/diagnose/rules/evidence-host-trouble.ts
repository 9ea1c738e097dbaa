import type { Cause, Proof } from '@/lib/domain/cause';
import type { TiedSignal } from '@/lib/domain/evidence';
import { type LogSignature, SIGNATURE_LABELS } from '@/lib/domain/log-signal';
import type { Facts } from '@/lib/domain/verdict';

import type { Reading } from '../reading';
import type { EvidenceRule, Finding } from '../rule';
import { citedLine, hostOf, isById, isWithin, tieLine, tiesOf, timeOf } from '../ties';
import { ofApp } from '../wording';

// A sign of the host this near to an end may be why; a Docker that hangs shows it for minutes.
const WINDOW = { before: 10 * 60, after: 2 * 60 };

/** Ends that may name no reason of their own, which trouble of the host can explain. */
const OPEN: readonly Cause[] = ['unknown', 'executor_terminated', 'launch_failure'];
// Failures that Mesos words without a reason; any other words of a launch or fetch are its reason.
const NO_REASON =
  /^(?:failed to launch container: )?(?:discarded|future discarded|container is already destroyed|unable to get executor pid after launch|failed to fetch all uris for container[^:;]{0,80}(?: with exit status: \d{1,6}|: exited with status \d{1,3})?|container (?:destroyed|is being destroyed) (?:while|during) [a-z ]{1,40})?\.?$/;

type Trouble = {
  id: `evidence-${string}`;
  signatures: readonly LogSignature[];
  /** Ends that it explains, whose cause it becomes. */
  explains: readonly Cause[];
  /** Null: it is only cited, the end keeps its cause. */
  cause: Cause | null;
  /** At most this, where the log does not name the task: that both happened at one time is no proof. */
  proof: Proof;
  /** Ends whose cause is right already, to which it adds why. */
  adds: readonly Cause[];
  what: string;
  advice: readonly string[];
};

const TROUBLES: readonly Trouble[] = [
  {
    id: 'evidence-registration-timeout',
    signatures: ['mesos_registration_timeout'],
    explains: OPEN,
    cause: 'executor_registration_timeout',
    proof: 'possible',
    adds: ['executor_registration_timeout'],
    what: 'its executor had not registered with the agent in time',
    advice: [
      'See how long the agent needs to pull the image; raise --executor_registration_timeout, or pre-pull.',
    ],
  },
  {
    id: 'evidence-no-space',
    signatures: ['no_space', 'devicemapper'],
    explains: ['unknown', 'executor_terminated', 'launch_failure', 'fetch_failure'],
    cause: 'no_space_left_on_device',
    proof: 'likely',
    adds: ['no_space_left_on_device', 'launch_failure', 'fetch_failure', 'image_pull_failure'],
    what: 'the host was running out of disk space',
    advice: [
      'On the host, see `df -h`, `df -i` and `docker system df`: old images, sandboxes and logs that nobody rotates are the usual find.',
    ],
  },
  {
    id: 'evidence-docker-hang',
    signatures: ['docker_hang', 'docker_restart'],
    explains: ['unknown', 'executor_terminated', 'launch_failure'],
    cause: 'docker_daemon_unresponsive',
    proof: 'likely',
    adds: [
      'docker_daemon_unresponsive',
      'executor_registration_timeout',
      'kill_failed_container_stuck',
      'launch_failure',
    ],
    what: 'Docker on the host did not answer or was started again',
    advice: [
      'On the host: `journalctl -u docker` around that time. Drain the host if its other tasks ended too.',
    ],
  },
  {
    id: 'evidence-netdevice-hang',
    signatures: ['unregister_netdevice'],
    explains: ['unknown', 'executor_terminated', 'launch_failure'],
    cause: 'docker_daemon_unresponsive',
    proof: 'possible',
    adds: [
      'docker_daemon_unresponsive',
      'executor_registration_timeout',
      'kill_failed_container_stuck',
      'network_or_cni_failure',
    ],
    what: "the host's kernel did not let go of a network device, which stops Docker from making and ending containers",
    advice: ['Drain the host and restart it; a newer kernel has the cure.'],
  },
  {
    id: 'evidence-agent-abort',
    signatures: ['mesos_agent_abort'],
    explains: ['unknown', 'executor_terminated', 'agent_unreachable_or_partition', 'agent_lost_or_removed'],
    cause: 'agent_restart_or_reregistration',
    proof: 'likely',
    adds: ['agent_restart_or_reregistration', 'resources_unknown_or_dropped'],
    what: 'the Mesos agent had ended itself',
    advice: ["Read the agent's log: the line before its end tells what it could not live with."],
  },
  {
    id: 'evidence-start-failed',
    signatures: ['container_start_failed'],
    explains: ['unknown', 'executor_terminated'],
    cause: 'launch_failure',
    proof: 'possible',
    adds: ['launch_failure'],
    what: 'a container could not be started',
    advice: [],
  },
  {
    id: 'evidence-layer-corruption',
    signatures: ['layer_corruption'],
    explains: [],
    cause: null,
    proof: 'possible',
    adds: ['image_pull_failure', 'launch_failure', 'unknown', 'executor_terminated'],
    what: 'an image layer on the host was corrupt',
    advice: ['Remove the image on the host and pull it again; if it comes back, look at the disk.'],
  },
  {
    id: 'evidence-process-crash',
    signatures: ['process_crash'],
    explains: ['unknown', 'executor_terminated'],
    cause: 'app_crash_signal',
    proof: 'possible',
    adds: ['app_crash_signal', 'app_exit_nonzero'],
    what: 'a process had crashed',
    advice: ['See the crash report of the host (abrt, coredumpctl).'],
  },
  {
    id: 'evidence-stuck-memory',
    signatures: ['oom_kill_disable'],
    explains: [],
    cause: null,
    proof: 'possible',
    adds: ['killed_unhealthy', 'unknown', 'executor_terminated', 'kill_failed_container_stuck'],
    what: 'the container stood at its memory limit with the OOM killer switched off, so it hung and was not killed',
    advice: [
      'Take --oom-kill-disable out of its Docker parameters: it makes a container hang where it would be restarted.',
    ],
  },
  {
    id: 'evidence-disk-trouble',
    signatures: ['filesystem_readonly', 'xfs_or_ext4_error', 'io_error', 'bad_disk'],
    explains: [],
    cause: null,
    proof: 'possible',
    adds: [
      'unknown',
      'executor_terminated',
      'launch_failure',
      'image_pull_failure',
      'fetch_failure',
      'app_crash_signal',
    ],
    what: 'a disk or filesystem of the host failed',
    advice: ['Drain the host; check its disks (`dmesg`, `smartctl -a`) before it takes tasks again.'],
  },
  {
    id: 'evidence-kernel-trouble',
    signatures: [
      'hung_task',
      'soft_lockup',
      'kernel_oops',
      'kernel_slab_bug',
      'hardware_error',
      'memory_error',
    ],
    explains: [],
    cause: null,
    proof: 'possible',
    adds: [
      'unknown',
      'executor_terminated',
      'docker_daemon_unresponsive',
      'kill_failed_container_stuck',
      'agent_unreachable_or_partition',
      'agent_lost_or_removed',
      'executor_registration_timeout',
    ],
    what: 'the kernel of the host was in trouble',
    advice: ['See `dmesg -T` on the host around that time; drain it if it goes on.'],
  },
];

/**
 * One rule for each kind of trouble that a host's log tells: it becomes the cause of an end that names no reason of
 * its own, as `likely` or `possible`, and `proven` only where the log names the task; to ends whose cause is known it
 * adds why.
 */
export const HOST_TROUBLE_RULES: readonly EvidenceRule[] = TROUBLES.map((trouble) => ({
  id: trouble.id,
  matches(facts, reading, told) {
    if (told.disposition === 'normal' || facts.state === 'TASK_FINISHED') return null;
    const tie = tiesOf(facts, trouble.signatures).find(({ signal }) => isWithin(facts, signal, WINDOW));
    if (tie === undefined) return null;
    if (canExplain(facts, reading, told, trouble)) return explained(facts, told, trouble, tie);
    return trouble.adds.includes(told.cause) ? cited(told, trouble, tie) : null;
  },
}));

function canExplain(facts: Facts, reading: Reading, told: Finding, { cause, explains }: Trouble): boolean {
  // KILLED was asked for, whatever state the host was in.
  if (cause === null || facts.state === 'TASK_KILLED' || !explains.includes(told.cause)) return false;
  const isOfLaunch = told.cause === 'launch_failure' || told.cause === 'fetch_failure';
  return !isOfLaunch || NO_REASON.test(reading.lower.slice(0, 300));
}

function explained(facts: Facts, told: Finding, trouble: Trouble, tie: TiedSignal): Finding {
  return {
    ...told,
    cause: trouble.cause ?? told.cause,
    disposition: 'failure',
    proof: proofOf(trouble, tie),
    summary: `The task${ofApp(facts)} ended without a reason of its own, and ${isById(tie) ? 'the log of the host tells one' : 'at that time'}: ${trouble.what}${hostOf(tie.signal)}${timeOf(tie.signal)}.`,
    because: [...linesOf(tie), ...told.because],
    advice: [...trouble.advice, ...told.advice],
  };
}

function proofOf(trouble: Trouble, tie: TiedSignal): Proof {
  if (isById(tie)) return tie.proof;
  return tie.proof === 'possible' ? 'possible' : trouble.proof;
}

function cited(told: Finding, trouble: Trouble, tie: TiedSignal): Finding {
  return {
    ...told,
    because: [...told.because, ...linesOf(tie)],
    advice: [...told.advice, ...trouble.advice],
  };
}

function linesOf(tie: TiedSignal): string[] {
  const line = citedLine(tie.signal);
  return [
    `${SIGNATURE_LABELS[tie.signal.signature]}${hostOf(tie.signal)}${timeOf(tie.signal)}${line === '' ? '.' : `: ${line}`}`,
    isById(tie)
      ? `Tied to this task: ${tieLine(tie)}`
      : `It is about the host, and does not name this task: ${tieLine(tie)}`,
  ];
}

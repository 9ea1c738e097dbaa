/** A number a screen shows, with how it came about: every one can be unfolded to its formula and inputs. */
export type Derived = {
  /** `Default heap`. */
  label: string;
  /** With its unit: `7,936 MB`. */
  value: string;
  /** In words: `host memory / 4`. */
  formula: string;
  /** `from` names the source: `agent`, `app definition`, `kernel line`, `rule of thumb`. */
  inputs: { name: string; value: string; from: string }[];
};

/** One thing an advisor found. */
export type AdvisorFinding = {
  /** Stable: `no_heap_limit`, `heap_exceeds_limit`, … */
  id: string;
  tone: 'bad' | 'warn' | 'good' | 'info';
  sentence: string;
  numbers: Derived[];
};

/** What the JVM advisor says of an app. Null where the app shows no sign of a JVM. */
export type JvmReport = {
  /** Why it is taken for a JVM: `cmd starts java`, `image openjdk:8u121`, `the kernel killed java`. */
  because: string;
  /** `8u121`; null: not known from image or command. */
  javaVersion: string | null;
  findings: AdvisorFinding[];
  /** What to set, in one sentence with this app's numbers; null: nothing. */
  recommendation: string | null;
};

/** A state of a host that its signals add up to. */
export type HostCondition = {
  /** `netdevice_hang`, `docker_hung`, `disk_full`, `disk_filling`, `unkillable_containers`, `hung_tasks`,
   * `filesystem_errors`, `filesystem_readonly`, `disk_failing`, `hardware_errors`, `out_of_memory`, `clock_skew`,
   * `docker_restarts`, `corrupt_layers`, `agent_aborts`, `kernel_bugs`. */
  id: string;
  tone: 'bad' | 'warn';
  sentence: string;
  /** What to do, in order. */
  advice: string[];
  since: Date;
  lastAt: Date;
  count: number;
  numbers: Derived[];
  /** Ids of the signals it rests on, newest first, at most 20. */
  signalIds: string[];
};

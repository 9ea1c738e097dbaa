import { containerOf, orchestratorOf } from './cgroup-path';
import type { LogLine } from './log-line';
import { newSignal } from './new-signal';
import type { BlockParser } from './source-parser';

/** The file `memory.oom_control` of a cgroup, or the way to it, as tools and people print them into logs. */
const SETTING = /(?:^|[\s"'{,:])(oom_kill_disable|under_oom)["']?[\s=:]{1,3}([01])\b/g;
const CGROUP = /\/(?:sys\/fs\/cgroup|cgroup|mnt\/cgroups?)\/memory(\/[\w/.@:\\-]{1,4000})/;

/**
 * A cgroup whose processes wait for memory for ever, as the OOM killer is switched off for it (`docker run
 * --oom-kill-disable`): `oom_kill_disable 1` with `under_oom` 1, or not told. With 0 it is no sign at all.
 */
export const oomControlParser: BlockParser = {
  needles: ['oom_kill_disable', 'under_oom', 'memcgpath=', 'memory.oom_control'],
  role(line, block) {
    const settings = settingsOf(line.message);
    if (settings.size > 0) {
      const again = [...settings.keys()].some((name) => block?.marks.has(name));
      return { role: again ? 'open' : 'more', mark: [...settings.keys()].at(-1) };
    }
    if (CGROUP.test(line.message) && /memory\.oom_control|memcgpath=/.test(line.message))
      return { role: 'open' };
    return { role: null };
  },
  weight: () => Number.POSITIVE_INFINITY,
  parse(lines) {
    const settings = new Map(lines.flatMap(({ message }) => [...settingsOf(message)]));
    if (settings.get('oom_kill_disable') !== true || settings.get('under_oom') === false) return [];
    const line = lines.find(({ message }) => settingsOf(message).has('oom_kill_disable')) ?? lines[0];
    if (!line) return [];
    const path = lines.map(({ message }) => pathOf(message)).find((each) => each !== null) ?? null;
    const signal = newSignal('oom_kill_disable', 'other', line, {
      cgroup: path,
      limitCgroup: path,
      containerId: path === null ? null : containerOf(path),
      orchestrator: path === null ? null : orchestratorOf(path),
      lines: lines.flatMap((each) => newSignal('oom_kill_disable', 'other', each).lines),
    });
    return [{ signal }];
  },
};

function settingsOf(message: string): Map<string, boolean> {
  return new Map([...message.matchAll(SETTING)].map(([, name = '', value]) => [name, value === '1']));
}

function pathOf(message: string): LogLine['message'] | null {
  const path = CGROUP.exec(message)?.[1]
    ?.replace(/\/+/g, '/')
    .replace(/\/memory\.oom_control$/, '');
  return path === undefined || path === '' ? null : path;
}

import type { JvmFlags } from '@/lib/domain/evidence';
import { jvmFlagsOf } from '@/lib/domain/jvm-flags';
import { asArray, asRecord, asRecords, asText, type JsonRecord } from '@/lib/upstream/loose-json';

const MAX_VALUE = 8 * 1024;
const MAX_VARIABLES = 500;
const MAX_CONTAINERS = 32;

/**
 * Memory flags of a JVM in an app definition as Marathon sent it: `cmd`, `args`, `env`, and `--env` among the
 * parameters of `docker run`. Values that refer to a secret (`{ secret: … }`) are not looked at.
 */
export function readAppJvmFlags(app: JsonRecord): JvmFlags {
  const docker = asRecord(asRecord(app.container)?.docker);
  return jvmFlagsOf({
    cmd: asText(app.cmd, MAX_VALUE),
    args: textsOf(app.args),
    env: { ...parametersOf(docker?.parameters), ...environmentOf(app.env) },
  });
}

/** The same of a pod: of all its containers, each with the pod's environment below its own. */
export function readPodJvmFlags(spec: JsonRecord): JvmFlags {
  return asRecords(spec.containers)
    .slice(0, MAX_CONTAINERS)
    .flatMap((container) => {
      const command = asRecord(asRecord(container.exec)?.command);
      return jvmFlagsOf({
        cmd: asText(command?.shell, MAX_VALUE),
        args: textsOf(command?.argv),
        env: { ...environmentOf(spec.environment), ...environmentOf(container.environment) },
      });
    });
}

function textsOf(value: unknown): string[] {
  return asArray(value).filter((word) => typeof word === 'string');
}

function environmentOf(value: unknown): Record<string, string> {
  const entries = Object.entries(asRecord(value) ?? {})
    .slice(0, MAX_VARIABLES)
    .flatMap(([name, item]) => {
      const text = asText(typeof item === 'number' ? String(item) : item, MAX_VALUE);
      return text === null ? [] : [[name, text] as const];
    });
  return Object.fromEntries(entries);
}

/** `{ key: 'env', value: 'JAVA_OPTS=-Xmx1g' }`. */
function parametersOf(value: unknown): Record<string, string> {
  const entries = asRecords(value)
    .slice(0, MAX_VARIABLES)
    .flatMap((parameter) => {
      if (parameter.key !== 'env' && parameter.key !== 'e') return [];
      const text = asText(parameter.value, MAX_VALUE) ?? '';
      const at = text.indexOf('=');
      return at < 1 ? [] : [[text.slice(0, at), text.slice(at + 1)] as const];
    });
  return Object.fromEntries(entries);
}

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** Docker: 12 to 64 hex digits. Mesos: a uuid, nested ones as `parent.child`. */
const ID = `(?:[0-9a-f]{12,64}(?![0-9a-z-])|${UUID}(?:\\.${UUID}){0,4})`;

/** From the surest to the vaguest place of an id. */
const PLACES: readonly RegExp[] = [
  // logfmt and Windows' `[key=value …]`.
  new RegExp(`\\bcontainer(?:_?[iI][dD])?=\\\\?["']?(${ID})`),
  // `Container <id> failed`, `container '<id>'`, `No such container: <id>`, `containers:[<id>]`.
  new RegExp(`\\b[cC]ontainer(?: with id)?:? {0,2}\\\\?['"]?(${ID})`),
  new RegExp(`/containers/(${ID})`),
  // Docker names of the Mesos containerizer: `mesos-<uuid>`, `mesos-<agent id>.<uuid>`.
  new RegExp(`\\bmesos-(?:[0-9a-zA-Z-]{1,80}\\.)?(${UUID})`),
  new RegExp(`\\bid=\\\\?["']?(${ID})`),
  // containerd and its shims: the id is a folder of their state.
  /\/(?:moby|io\.containerd\.runtime[^/]{0,24}\/\w{1,16}|k8s\.io)\/([0-9a-f]{64})(?![0-9a-f])/,
];
/** A bare id; digests and names of layers are 64 hex digits too. */
const BARE = /(?<![0-9a-zA-Z:/@_-])([0-9a-f]{64})(?![0-9a-zA-Z])/;

/**
 * The container that a line of Docker, containerd or the Mesos agent is about: Docker's id as printed (12 to 64
 * hex digits) or Mesos's (uuid, `parent.child`). Null: it names none, or only by a name. Linear in the text.
 */
export function containerIn(text: string): string | null {
  for (const place of PLACES) {
    const id = place.exec(text)?.[1];
    if (id !== undefined) return id;
  }
  return BARE.exec(text)?.[1] ?? null;
}

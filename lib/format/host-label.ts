// Masters name agents after themselves: a UUID since 0.25, before that `20141119-101031-201330860-5050-3757`; then the
// agent's number. No host is called so.
const AGENT_ID =
  /^([0-9a-f]{8})(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-(S?\d+)$|^(\d{8}-\d{6})-\d+-\d+-\d+-(S?\d+)$/;

/** Whether what stands for a host is an agent's id: the name of its host is not known. */
export function isAgentId(host: string): boolean {
  return AGENT_ID.test(host);
}

/** A host as people read it: its name, or `agent b54dcf28…S23` where only its agent's id is known. */
export function hostLabel(host: string): string {
  const [, uuid, number, stamp, oldNumber] = AGENT_ID.exec(host) ?? [];
  const master = uuid ?? stamp;
  return master === undefined ? host : `agent ${master}…${number ?? oldNumber}`;
}

import { PlainLink } from '@/components/ui/plain-link';
import { hostLabel, isAgentId } from '@/lib/format/host-label';
import { hostHref, type WindowParams } from '@/lib/format/hrefs';

import classes from './host-name.module.css';

/** What stands where a host's name is not known. */
export function hostTitle(host: string): string {
  return isAgentId(host) ? `Agent ${host}: its host name is not known` : host;
}

/** A host's name; where only its agent's id is known, that, marked as one. */
export function HostName({ host }: { host: string }) {
  if (!isAgentId(host)) return <>{host}</>;
  return (
    <span className={classes.agent} title={hostTitle(host)}>
      {hostLabel(host)}
    </span>
  );
}

/** The same, leading to the host's page. */
export function HostLink({ host, links = {} }: { host: string; links?: WindowParams }) {
  return (
    <PlainLink href={hostHref(host, links)} title={hostTitle(host)}>
      <HostName host={host} />
    </PlainLink>
  );
}

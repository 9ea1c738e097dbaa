import { agentErrorWords } from '@/components/tasks/agent-error-words';
import { Instant } from '@/components/ui/instant';
import { Notice } from '@/components/ui/notice';
import type { AgentContactItem } from '@/lib/contracts/evidence';

import { silentContacts } from './contact-words';

/** Says that an agent of the host does not answer; nothing where all do. */
export function HostContact({ contacts }: { contacts: readonly AgentContactItem[] }) {
  const [silent] = silentContacts(contacts);
  if (silent === undefined) return null;
  return (
    <Notice tone="warn" role="note">
      <strong>
        The agent here {silent.answeredAt === null ? 'never answered' : 'does not answer'} exit137
        {silent.answeredAt !== null && (
          <>
            {' '}
            since <Instant at={silent.answeredAt} mode="minutes" />
          </>
        )}
      </strong>
      : {agentErrorWords(silent.errorCode ?? '')} Sandboxes and memory of its tasks are missing meanwhile.
    </Notice>
  );
}

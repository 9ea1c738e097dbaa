import { Empty } from '@/components/ui/empty';
import { PlainLink } from '@/components/ui/plain-link';

/** An address that no page has. */
export default function NotFound() {
  return (
    <main>
      <Empty title="No such page">
        <p>
          <PlainLink href="/">Overview</PlainLink> · <PlainLink href="/hosts">Hosts</PlainLink> ·{' '}
          <PlainLink href="/apps">Apps</PlainLink> · <PlainLink href="/tasks">Tasks</PlainLink> ·{' '}
          <PlainLink href="/status">Status</PlainLink>
        </p>
      </Empty>
    </main>
  );
}

import { Page } from '@/components/ui/page';
import { PageHeader } from '@/components/ui/page-header';
import { PlainLink } from '@/components/ui/plain-link';

/** An address that no page has. */
export default function NotFound() {
  return (
    <main style={{ maxWidth: '40rem', margin: '0 auto', padding: '20vh 1rem' }}>
      <Page>
        <PageHeader title="No such page" note="The address is wrong, or what it named is gone." />
        <p>
          <PlainLink href="/">Overview</PlainLink> · <PlainLink href="/hosts">Hosts</PlainLink> ·{' '}
          <PlainLink href="/apps">Apps</PlainLink> · <PlainLink href="/tasks">Tasks</PlainLink> ·{' '}
          <PlainLink href="/review">Review</PlainLink> · <PlainLink href="/status">Status</PlainLink>
        </p>
      </Page>
    </main>
  );
}

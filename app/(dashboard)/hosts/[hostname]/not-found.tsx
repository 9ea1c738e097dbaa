import { Empty } from '@/components/ui/empty';
import { Page } from '@/components/ui/page';
import { PageHeader } from '@/components/ui/page-header';
import { PlainLink } from '@/components/ui/plain-link';

/** No agent and no task end ever carried the name. */
export default function HostNotFound() {
  return (
    <Page>
      <PageHeader crumbs={[{ label: 'Hosts', href: '/hosts' }]} title="No such host" />
      <Empty title="No agent and no task end under this name was ever seen">
        <p>
          Host names are the ones agents register with, often an address or a full name. Find it in the list
          of <PlainLink href="/hosts?range=90d">all hosts of the last 90 days</PlainLink>.
        </p>
      </Empty>
    </Page>
  );
}

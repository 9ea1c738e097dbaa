import { Empty } from '@/components/ui/empty';
import { Page } from '@/components/ui/page';
import { PageHeader } from '@/components/ui/page-header';
import { PlainLink } from '@/components/ui/plain-link';

/** Instead of an app's page: why an id may be unknown, and what to do. */
export function AppUnknown() {
  return (
    <Page>
      <PageHeader title="No such app" crumbs={[{ label: 'Apps', href: '/apps' }]} />
      <Empty title="Neither Marathon nor any stored task end knows an app of this id.">
        <p>
          Ids are whole paths, such as /shop/cart. An app that was never seen running nor ending is not
          listed, and one whose Marathon is not in MARATHON_URLS is known by its task ends alone.
        </p>
        <p>
          <PlainLink href="/apps">All apps</PlainLink>
        </p>
      </Empty>
    </Page>
  );
}

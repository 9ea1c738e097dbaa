import { Empty } from '@/components/ui/empty';
import { Page } from '@/components/ui/page';
import { PageHeader } from '@/components/ui/page-header';
import { PlainLink } from '@/components/ui/plain-link';

/** Instead of a review: the address names no day. */
export function DayUnknown() {
  return (
    <Page>
      <PageHeader title="No such day" />
      <Empty title="The address ends with no day of the calendar, written like 2026-11-25.">
        <PlainLink href="/review">Review of today</PlainLink>
      </Empty>
    </Page>
  );
}

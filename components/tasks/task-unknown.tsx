import { Empty } from '@/components/ui/empty';
import { Page } from '@/components/ui/page';
import { PageHeader } from '@/components/ui/page-header';
import { PlainLink } from '@/components/ui/plain-link';

/** Instead of a task page: why an id may be unknown, and what to do. */
export function TaskUnknown() {
  return (
    <Page>
      <PageHeader title="No such task end" crumbs={[{ label: 'Tasks', href: '/tasks' }]} />
      <Empty title="exit137 has stored no end of a task with this id.">
        <p>
          The task may still run: only ended tasks are kept. It may have ended before exit137 watched, and
          been forgotten by the master. Or the id or the cluster’s name in the address is not whole.
        </p>
        <p>
          <PlainLink href="/tasks?range=all">Search all task ends</PlainLink>
        </p>
      </Empty>
    </Page>
  );
}

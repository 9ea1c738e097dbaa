import { FactList } from '@/components/ui/fact-list';
import type { StatusBody } from '@/lib/contracts/status';
import { formatBytes } from '@/lib/format/bytes';
import { formatCount } from '@/lib/format/numbers';

/** The only state there is. */
export function DatabaseFacts({ database }: { database: StatusBody['database'] }) {
  return (
    <FactList
      facts={[
        { label: 'PostgreSQL', value: database.version },
        { label: 'Size', value: formatBytes(database.sizeBytes) },
        { label: 'Migrations applied', value: formatCount(database.migrations) },
      ]}
    />
  );
}

import type { Metadata } from 'next';

import { DiagnoseView } from '@/components/diagnose/diagnose-view';

export const metadata: Metadata = { title: 'Diagnose' };

export default function DiagnosePage() {
  return <DiagnoseView />;
}

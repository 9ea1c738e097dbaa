import { Notice } from '@/components/ui/notice';

import type { SendProblem } from './send-log';

/** Why the log could not be diagnosed, and what to do. */
export function DiagnoseProblem({ problem }: { problem: SendProblem }) {
  const { code, message, cure, retryAfterSeconds } = problem;
  return (
    <Notice tone="bad" role="alert">
      <strong>{message.replace(/\.$/, '')}.</strong> {cure}
      {retryAfterSeconds !== null && ` Try again in ${retryAfterSeconds} s.`} <code>{code}</code>
    </Notice>
  );
}

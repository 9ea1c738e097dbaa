import type { Disposition, Proof } from '@/lib/domain/cause';

import { exitCodeMeaning } from './exit-code-meaning';
import { DISPOSITION_MEANINGS, PROOF_MEANINGS } from './proof-words';
import classes from './verdict-marks.module.css';

/** `proven`, `likely`, `possible`, with what the word promises on hover. */
export function ProofMark({ proof }: { proof: Proof }) {
  return (
    <span className={classes.word} data-word={proof} title={PROOF_MEANINGS[proof]}>
      {proof}
    </span>
  );
}

/** `normal`, `failure`, `unexplained`, with what the word means on hover. */
export function DispositionMark({ disposition }: { disposition: Disposition }) {
  return (
    <span className={classes.word} data-word={disposition} title={DISPOSITION_MEANINGS[disposition]}>
      {disposition}
    </span>
  );
}

/** `137 = 128 + 9, SIGKILL`. */
export function ExitCode({ exitCode }: { exitCode: number }) {
  return (
    <span>
      {exitCode} <span className={classes.meaning}>= {exitCodeMeaning(exitCode)}</span>
    </span>
  );
}

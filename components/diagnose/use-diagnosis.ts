'use client';

import { useEffect, useRef, useState } from 'react';

import type { DiagnoseBody } from '@/lib/contracts/evidence';

import { type SendProblem, sendLog, toSendProblem } from './send-log';

export type Diagnosis =
  | { status: 'idle' }
  /** `share`: how much was sent, 0..1; 1 while the server reads. */
  | { status: 'sending'; share: number }
  | { status: 'failed'; problem: SendProblem }
  | { status: 'done'; body: DiagnoseBody };

/** Sends one log at a time; a new one and leaving the page end the one under way. */
export function useDiagnosis(cluster: string | null) {
  const [diagnosis, setDiagnosis] = useState<Diagnosis>({ status: 'idle' });
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const send = (log: Blob, store: boolean): void => {
    running.current?.abort();
    const own = new AbortController();
    running.current = own;
    const show = (next: Diagnosis): void => {
      if (running.current === own && !own.signal.aborted) setDiagnosis(next);
    };
    show({ status: 'sending', share: 0 });
    sendLog({
      log,
      store,
      cluster,
      signal: own.signal,
      onProgress: (share) => show({ status: 'sending', share }),
    }).then(
      (body) => show({ status: 'done', body }),
      (thrown: Error) => show({ status: 'failed', problem: toSendProblem(thrown) }),
    );
  };
  const reset = (): void => {
    running.current?.abort();
    setDiagnosis({ status: 'idle' });
  };
  return { diagnosis, send, reset };
}

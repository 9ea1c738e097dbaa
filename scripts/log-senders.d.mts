/** See log-senders.mjs. */
export type Sender = { path: string; modules: string; env: Record<string, string> };
export function installedLogSenders(): {
  rsyslogd: Sender | null;
  syslogNg: Sender | null;
  journalRemote: Sender | null;
};

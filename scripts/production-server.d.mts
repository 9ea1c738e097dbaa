/** See production-server.mjs. */
export function startProductionServer(options?: {
  env?: Record<string, string>;
  simArgs?: string[];
  onLine?: (line: string) => void;
}): Promise<{ url: string; dataDir: string; simControl: string; stop(): Promise<void> }>;

export type Child = {
  name: string;
  ended: Promise<string>;
  tail: string[];
  isStopping(): boolean;
  stop(graceMs: number): Promise<void>;
  kill(): void;
};

export function startChild(options: {
  name: string;
  args: string[];
  cwd?: string;
  env?: Record<string, string | undefined>;
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  onMessage?: (message: unknown) => void;
}): Child;

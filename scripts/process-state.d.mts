/** Null when the process is gone or a zombie. */
export function processState(pid: number): { startTime: string; command: string } | null;

export function processGone(pid: number, timeoutMs: number): Promise<boolean>;

export function lockDataDir(dataDir: string, options?: { watchMs?: number }): Promise<{ release(): void }>;

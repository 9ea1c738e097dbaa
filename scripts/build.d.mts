import type { Progress } from './progress.mjs';

export const SERVER_DIR: string;
export function ensureBuild(progress: Progress): Promise<void>;

export function localUrl(host: string, port: number): string;
export function freePort(): Promise<number>;
export function assertPortFree(host: string, port: number): Promise<void>;

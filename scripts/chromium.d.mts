/** See chromium.mjs. */
export const CHROMIUM_ARGS: string[];
export function installedChromium(): string | null;

import packageJson from '@/package.json';

/** The version that runs. */
export const VERSION: string = packageJson.version;

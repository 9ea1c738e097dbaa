import { fileURLToPath } from 'node:url';

/** Absolute path of the project, with no slash at its end: the scripts work from any current directory. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '');

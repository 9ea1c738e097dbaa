export const REDACTED = '[redacted]';

const SECRET_WORD =
  'pass(?:word|wd|phrase|code)?|pwd|secret|token|api[-_.]?key|access[-_.]?key|private[-_.]?key|credentials?|authorization';
const SECRET_NAME = new RegExp(`${SECRET_WORD}|(?:^|[-_.])auth$`, 'i');
// Every repetition is bounded: the text comes from strangers and may be long.
const URL_LOGIN = /:\/\/[^\s/?#"'<>]{1,1024}@/g;
const ASSIGNMENT = new RegExp(
  `((?:${SECRET_WORD})[\\w.-]{0,40}["']?\\s{0,4}[=:]\\s{0,4})("[^"]{0,4096}"|'[^']{0,4096}'|[^\\s"'&;,]{1,4096})`,
  'gi',
);
const OPTION = new RegExp(
  `(--?[\\w-]{0,40}(?:${SECRET_WORD})[\\w-]{0,40}\\s{1,4})([^\\s-]\\S{0,4096})`,
  'gi',
);
const LOGIN_OPTION = /((?:^|\s)(?:-u|--user)[\s=]{1,4}["']?[^\s:"']{1,256}:)[^\s"']{1,4096}/g;
const HEADER = /\b(Bearer|Basic)(\s{1,4})[\w.~+/=-]{6,4096}/gi;

/** Whether a label, variable or option of this name is likely to hold a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Takes the login out of every URL in a text: `https://[redacted]@host/`. */
export function redactUrlLogins(text: string): string {
  return text.includes('://') ? text.replace(URL_LOGIN, `://${REDACTED}@`) : text;
}

/**
 * Takes the obvious secrets out of a command line or a URL: `--password=…`, `token=…`, `-u user:pass`,
 * `user:pass@`, `Bearer …`. A secret under a harmless name stays: this is a net, not a wall.
 */
export function redactText(text: string): string {
  return redactUrlLogins(text)
    .replace(HEADER, `$1$2${REDACTED}`)
    .replace(ASSIGNMENT, `$1${REDACTED}`)
    .replace(OPTION, `$1${REDACTED}`)
    .replace(LOGIN_OPTION, `$1${REDACTED}`);
}

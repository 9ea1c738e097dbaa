import type { z } from 'zod';

/** Query values as they came: text, or a list where a key was repeated. */
export type RawQuery = Record<string, string | string[]>;

const MAX_SHOWN = 60;

/** One sentence a person can act on: each wrong parameter, what it was, what it may be. */
export function queryProblem(issues: readonly z.core.$ZodIssue[], raw: RawQuery): string {
  const byName = new Map<string, string>();
  for (const issue of issues) {
    const name = String(issue.path[0] ?? 'query');
    if (!byName.has(name)) byName.set(name, `\`${name}\` ${wishOf(issue)}${givenOf(issue, raw)}`);
  }
  return `${[...byName.values()].join('; ')}.`;
}

function wishOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_type':
      return `must be ${issue.expected === 'int' ? 'a whole number' : `a ${issue.expected}`}`;
    case 'too_big':
      return `must be at most ${issue.maximum}${unitOf(issue.origin)}`;
    case 'too_small':
      return `must be at least ${issue.minimum}${unitOf(issue.origin)}`;
    case 'invalid_format':
      return `must be a ${issue.format}`;
    default:
      return issue.message;
  }
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters long';
  return origin === 'array' ? ' values' : '';
}

function givenOf(issue: z.core.$ZodIssue, raw: RawQuery): string {
  const value = raw[String(issue.path[0])];
  if (value === undefined) return ', and is missing';
  const index = issue.path[1];
  if (typeof index === 'number') {
    const parts = [value]
      .flat()
      .flatMap((text) => text.split(','))
      .map((text) => text.trim())
      .filter(Boolean);
    return `, not ${shown(parts[index] ?? '')}`;
  }
  if (Array.isArray(value)) return issue.code === 'invalid_type' ? ', and was given more than once' : '';
  return `, not ${shown(value)}`;
}

function shown(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
}

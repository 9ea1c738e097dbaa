const WORDS: Record<string, string> = {
  AGENT_UNREACHABLE: 'Its agent could not be reached from exit137.',
  AGENT_AUTH_REFUSED:
    'Its agent refused exit137: it wants a user and password, or a token (AGENT_USERNAME, AGENT_TOKEN).',
  AGENT_TIMEOUT: 'Its agent did not answer in time.',
  AGENT_BAD_PAYLOAD: 'Its agent sent something that is not its documented answer.',
  SANDBOX_GONE: 'The agent no longer had its sandbox: it was cleaned up before it could be read.',
  SKIPPED_SIMILAR:
    'Many tasks failed alike at once; the sandboxes of some of them were read, and this one was not among them.',
};

/** Why an agent or its files could not be read, in plain words; a code of another release is told as it is. */
export function agentErrorWords(code: string): string {
  return WORDS[code] ?? `It could not be read: ${code}.`;
}

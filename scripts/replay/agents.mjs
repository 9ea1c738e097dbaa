import { fileAnswer } from './answers.mjs';

/** One server per captured agent state. */
export function agentServers(captures) {
  return captures
    .filter(({ kind }) => kind === 'agent-state')
    .map((capture) => {
      const answer = fileAnswer(capture, null);
      const paths = ['/state', '/state.json', '/slave(1)/state', '/slave(1)/state.json'];
      return { kind: 'agent', name: capture.name, routes: new Map(paths.map((path) => [path, answer])) };
    });
}

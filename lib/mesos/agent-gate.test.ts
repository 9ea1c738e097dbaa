import { describe, expect, it } from 'vitest';

import { AppError, type ErrorCode } from '@/lib/errors';

import { createAgentGate } from './agent-gate';

const fails = (code: ErrorCode) => () => Promise.reject(new AppError(code, 'no'));
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'ok',
    (thrown: AppError) => thrown.code,
  );

describe('createAgentGate', () => {
  it('runs one request to an agent at a time, and those to others beside it', async () => {
    const gate = createAgentGate();
    const running = new Map<string, number>();
    let most = 0;
    let together = 0;
    const work = (agentId: string) => async () => {
      running.set(agentId, (running.get(agentId) ?? 0) + 1);
      most = Math.max(most, ...running.values());
      together = Math.max(together, [...running.values()].filter((count) => count > 0).length);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running.set(agentId, (running.get(agentId) ?? 0) - 1);
    };
    await Promise.all(['a', 'b', 'a', 'a', 'b'].map((agentId) => gate.pass(agentId, work(agentId))));
    expect({ most, together }).toEqual({ most: 1, together: 2 });
    await Promise.resolve();
    expect(gate.isFree('a')).toBe(true);
  });

  it('leaves an agent that does not answer alone for 1, 2, 4, 8, 10 and 10 minutes', async () => {
    let now = 0;
    let asked = 0;
    const gate = createAgentGate(() => now);
    const work = () => {
      asked += 1;
      return fails('AGENT_TIMEOUT')();
    };
    for (const minutes of [1, 2, 4, 8, 10, 10]) {
      const before = asked;
      expect(await codeOf(gate.pass('a', work))).toBe('AGENT_TIMEOUT');
      now += minutes * 60_000 - 1;
      expect(await codeOf(gate.pass('a', work))).toBe('AGENT_TIMEOUT');
      expect(gate.isFree('a')).toBe(false);
      expect(asked).toBe(before + 1);
      now += 1;
    }
    expect(await codeOf(gate.pass('a', () => Promise.resolve()))).toBe('ok');
    expect(await codeOf(gate.pass('a', fails('AGENT_TIMEOUT')))).toBe('AGENT_TIMEOUT');
    now += 60_000;
    expect(gate.isFree('a')).toBe(true);
  });

  it.each([
    ['AGENT_UNREACHABLE', false],
    ['AGENT_AUTH_REFUSED', false],
    ['AGENT_BAD_PAYLOAD', true],
    ['SANDBOX_GONE', true],
  ] as const)('after %s it may be asked at once: %s', async (code, isFree) => {
    const gate = createAgentGate();
    await codeOf(gate.pass('a', fails(code)));
    await Promise.resolve();
    expect(gate.isFree('a')).toBe(isFree);
    gate.keepOnly(new Set());
    expect(gate.isFree('a')).toBe(true);
  });
});

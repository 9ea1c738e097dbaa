import { describe, expect, it } from 'vitest';

import { CAUSES, DISPOSITIONS, PROOFS } from '@/lib/domain/cause';
import { TIE_KINDS } from '@/lib/domain/evidence';
import { LOG_SIGNATURES } from '@/lib/domain/log-signal';
import { END_STATES } from '@/lib/domain/task';

import { diagnose } from './diagnose';
import { beforeEnd, factsOf, marathonOf, signalOf, statusOf, tieOf } from './facts-for-tests';
import { EVIDENCE_RULES, RULES } from './rules/index';

function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const TEXTS = [
  '',
  'java',
  '\u001b[31mred\u001b[0m',
  '<script>alert(1)</script>',
  '\u0000\ud800\u202e',
  '/'.repeat(5000),
  'of kill'.repeat(1000),
  'x'.repeat(20_000),
  '812c82c5a7a5'.padEnd(64, '0'),
];
const NUMBERS = [null, 0, -1, 1.5, 4_194_304, 2 ** 60];
const MESSAGES = [
  null,
  'Container exited with status 137',
  'Container exited with status 1',
  'Executor terminated',
  'Failed to launch container: discarded',
  'x'.repeat(20_000),
];

describe('diagnose with evidence', () => {
  it('has an id of its own for every rule, and evidence rules say that they are', () => {
    const ids = [...RULES, ...EVIDENCE_RULES].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(EVIDENCE_RULES.every(({ id }) => /^evidence-[a-z-]+$/.test(id))).toBe(true);
    expect(RULES.some(({ id }) => id.startsWith('evidence-'))).toBe(false);
  });

  it('without evidence nothing changes', () => {
    const facts = factsOf({ message: 'Container exited with status 137' });
    expect(diagnose({ ...facts, evidence: [] })).toEqual(diagnose(facts));
  });

  it('never throws, keeps to its vocabulary, stays bounded, and proves nothing by time, on 3,000 hostile facts', () => {
    const random = randomNumbers(137);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    for (let round = 0; round < 3000; round += 1) {
      const tie = () =>
        tieOf({
          by: pick(TIE_KINDS),
          proof: pick(PROOFS),
          candidates: pick([0, 1, 2, 1e9]),
          reason: pick(TEXTS),
          signal: signalOf({
            signature: pick(LOG_SIGNATURES),
            host: pick([null, ...TEXTS]),
            at: pick([null, beforeEnd(1), beforeEnd(-80), beforeEnd(1e9), new Date(Number.NaN)]),
            containerId: pick([null, ...TEXTS]),
            cgroup: pick([null, ...TEXTS]),
            limitCgroup: pick([null, ...TEXTS]),
            killedComm: pick([null, ...TEXTS]),
            killedPid: pick(NUMBERS),
            limitKb: pick(NUMBERS),
            usageKb: pick(NUMBERS),
            anonRssKb: pick(NUMBERS),
            failcnt: pick(NUMBERS),
            seconds: pick(NUMBERS),
            processes: pick([[], [{ pid: 1, name: pick(TEXTS), rssKb: pick(NUMBERS) }]]),
            lines: pick([[], TEXTS, [pick(TEXTS)]]),
          }),
        });
      const evidence = Array.from({ length: Math.floor(random() * 4) }, tie);
      const message = pick(MESSAGES);
      const given = {
        state: pick(END_STATES),
        message,
        memMb: pick([null, 0, 512, 4096]),
        healthy: pick([null, false]),
        statuses: pick([[], [statusOf('TASK_KILLING', { at: beforeEnd(5) }), statusOf('TASK_KILLED')]]),
        marathon: pick([null, marathonOf()]),
        finishedAt: pick([beforeEnd(0), new Date(Number.NaN)]),
      };
      const jvm = {
        flags: [{ from: pick(['cmd', 'env JAVA_OPTS', pick(TEXTS)]), flags: [pick(['-Xmx3g', ...TEXTS])] }],
        image: pick([null, 'openjdk:8u121', ...TEXTS]),
        cmd: pick([null, 'java -jar a.jar', ...TEXTS]),
        hostMemMb: pick(NUMBERS),
      };
      const verdict = diagnose(factsOf({ ...given, evidence, ...pick([{}, { jvm }]) }));
      expect(CAUSES).toContain(verdict.cause);
      expect(DISPOSITIONS).toContain(verdict.disposition);
      expect(PROOFS).toContain(verdict.proof);
      for (const line of [verdict.summary, ...verdict.because, ...verdict.advice]) {
        expect(line.length).toBeLessThan(1500);
        expect(line).not.toMatch(/\p{Cc}|\u202e/u);
        expect(line).not.toMatch(/\bNaN\b|Infinity|undefined/);
      }
      const told = diagnose(factsOf(given));
      const isNamed = evidence.some(({ by }) => by === 'container_id' || by === 'pid' || by === 'task_id');
      if (!isNamed && verdict.proof === 'proven') expect(verdict.cause).toBe(told.cause);
    }
  });

  it('takes time linear in the evidence: 20,000 ties cost no more than the 200 that are looked at', () => {
    const lines = Array.from({ length: 200 }, () => 'PID is zombie of kil tried to kill '.repeat(30));
    const signal = signalOf({ signature: 'docker_kill_timeout', lines });
    const facts = factsOf({
      message: 'Executor terminated',
      evidence: new Array(20_000).fill(tieOf({ signal })),
    });
    diagnose(facts);
    const times = Array.from({ length: 5 }, () => {
      const from = performance.now();
      diagnose(facts);
      return performance.now() - from;
    });
    expect(Math.min(...times)).toBeLessThan(200);
  });
});

import type { Facts, Verdict } from '@/lib/domain/verdict';

import { type Reading, readFacts } from './reading';
import type { Rule } from './rule';
import { RULES } from './rules/index';
import { stateAlone } from './rules/state-alone';
import { excerpt } from './wording';

const MAX_EXIT_CODE = 255;

/**
 * Why a task ended, from what its status, its statuses and its Marathon say. Pure; never throws; the time it
 * takes is linear in the message (16 KiB of it are looked at). The first rule of the registry that answers
 * decides; where none does, the state alone speaks. `exitCode` is null where none was told, and for the 32-bit
 * codes of Windows agents that are no 0 to 255.
 */
export function diagnose(facts: Facts): Verdict {
  const reading = readFacts(facts);
  return (
    firstVerdict(RULES, facts, reading) ??
    verdict(stateAlone.id, stateAlone.finding(facts, reading), facts, reading)
  );
}

function firstVerdict(rules: readonly Rule[], facts: Facts, reading: Reading): Verdict | null {
  for (const rule of rules) {
    const finding = rule.matches(facts, reading);
    if (finding !== null) return verdict(rule.id, finding, facts, reading);
  }
  return null;
}

function verdict(
  ruleId: string,
  finding: NonNullable<ReturnType<Rule['matches']>>,
  facts: Facts,
  reading: Reading,
): Verdict {
  const code = reading.exit?.code ?? null;
  return {
    cause: finding.cause,
    disposition: finding.disposition,
    proof: finding.proof,
    exitCode: code !== null && code >= 0 && code <= MAX_EXIT_CODE ? code : null,
    signal: reading.signal?.name ?? null,
    summary: finding.summary,
    because: [...finding.because, ...citeStatus(facts, reading)],
    advice: finding.advice,
    ruleId,
  };
}

/** The status itself, which every verdict rests on. */
function citeStatus(facts: Facts, reading: Reading): string[] {
  const parts = [`State ${facts.state}`];
  if (facts.reason !== null) parts.push(`reason ${excerpt(facts.reason, 80)}`);
  if (facts.source !== null) parts.push(`from ${excerpt(facts.source, 40)}`);
  if (facts.healthy === false) parts.push('last health report: not healthy');
  const lines = [`${parts.join(', ')}.`];
  if (reading.excerpt !== '') {
    const isOfMesos = facts.message !== null && facts.message.trim() !== '';
    lines.push(`${isOfMesos ? 'Message' : "Marathon's lastTaskFailure"}: ${reading.excerpt}`);
  }
  return lines;
}

import type { Facts, Verdict } from '@/lib/domain/verdict';

import { type Reading, readFacts } from './reading';
import type { Finding, Rule } from './rule';
import { EVIDENCE_RULES, RULES } from './rules/index';
import { stateAlone } from './rules/state-alone';
import { excerpt } from './wording';

const MAX_EXIT_CODE = 255;

/**
 * Why a task ended, from what its status, its statuses and its Marathon say, and what host logs tell of it. Pure;
 * never throws; the time it takes is linear in the message (16 KiB of it are looked at) and in the evidence (200
 * ties). The first rule of the registry that answers decides; where none does, the state alone speaks. Then the
 * first evidence rule that has something to add decides instead, under an id that starts with `evidence-`.
 * `exitCode` is null where none was told, and for the 32-bit codes of Windows agents that are no 0 to 255.
 */
export function diagnose(facts: Facts): Verdict {
  const reading = readFacts(facts);
  const told = firstAnswer(RULES, facts, reading) ?? {
    id: stateAlone.id,
    finding: stateAlone.finding(facts, reading),
  };
  const added =
    facts.evidence === undefined || facts.evidence.length === 0
      ? null
      : addEvidence(facts, reading, told.finding);
  const { id, finding } = added ?? told;
  return verdict(id, finding, facts, reading);
}

type Answer = { id: string; finding: Finding };

function firstAnswer(rules: readonly Rule[], facts: Facts, reading: Reading): Answer | null {
  for (const rule of rules) {
    const finding = rule.matches(facts, reading);
    if (finding !== null) return { id: rule.id, finding };
  }
  return null;
}

function addEvidence(facts: Facts, reading: Reading, told: Finding): Answer | null {
  for (const rule of EVIDENCE_RULES) {
    const finding = rule.matches(facts, reading, told);
    if (finding !== null) return { id: rule.id, finding };
  }
  return null;
}

function verdict(ruleId: string, finding: Finding, facts: Facts, reading: Reading): Verdict {
  const code = reading.exit?.code ?? null;
  return {
    cause: finding.cause,
    disposition: finding.disposition,
    proof: finding.proof,
    exitCode: code !== null && code >= 0 && code <= MAX_EXIT_CODE ? code : null,
    signal: finding.signal ?? reading.signal?.name ?? null,
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

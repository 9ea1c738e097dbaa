import { z } from 'zod';

import type { EvidenceItem, SandboxFile, TaskMemory } from '@/lib/contracts/evidence';
import type { TaskDetailBody } from '@/lib/contracts/task';
import type { Db } from '@/lib/db/pool';
import { PROOFS } from '@/lib/domain/cause';
import { TIE_KINDS } from '@/lib/domain/evidence';

import { type ContactRow, toContact } from './agent-contacts';
import { hostSignals } from './host-signals';
import { toProof } from './known-words';
import { listLogInputBriefs } from './log-inputs';
import { SIGNAL_COLUMNS, type SignalRow, toSignalItem } from './signal-row';

const MAX_EVIDENCE = 50;
const SIGNS_BEFORE_MS = 60 * 60_000;
const SIGNS_AFTER_MS = 10 * 60_000;

/** The end whose evidence is asked for. */
export type EvidenceOf = {
  clusterId: number;
  clusterName: string;
  endId: string;
  agentId: string;
  /** As signals name it; null: the agent was never listed. */
  hostname: string | null;
  finishedAt: Date;
};

/**
 * What tells of one end beside its status: tied signals, the ends of its sandbox's files, its memory up to its
 * death, how its agent answers, and where logs come in.
 *
 * Shape: evidence strongest first (proof, tie, then time), at most 50. The text of sandbox files is not read:
 * see sandboxText. Errors: a database failure propagates. Cost: one lookup by key each.
 */
export async function taskEvidence(
  db: Db,
  of: EvidenceOf,
): Promise<Pick<TaskDetailBody, 'evidence' | 'hostSigns' | 'sandbox' | 'memory' | 'agent' | 'logInputs'>> {
  const [evidence, hostSigns, sandbox, memory, agent, logInputs] = [
    await listEvidence(db, of),
    await listHostSigns(db, of),
    await listSandboxFiles(db, of),
    await readMemory(db, of),
    await readContact(db, of),
    await listLogInputBriefs(db, of.clusterId),
  ];
  return { evidence, hostSigns, sandbox, memory, agent, logInputs };
}

async function listHostSigns(db: Db, { clusterId, hostname, finishedAt }: EvidenceOf) {
  if (hostname === null) return [];
  const at = finishedAt.getTime();
  const window = { from: new Date(at - SIGNS_BEFORE_MS), to: new Date(at + SIGNS_AFTER_MS) };
  return await hostSignals(db, clusterId, hostname, window, { aboutHost: true });
}

type EvidenceRow = SignalRow & { tie: string; proof: string; reason: string; candidates: number };

async function listEvidence(db: Db, { clusterId, endId }: EvidenceOf): Promise<EvidenceItem[]> {
  const { rows } = await db.query<EvidenceRow>(
    `SELECT e.tie, e.proof, e.reason, e.candidates, ${SIGNAL_COLUMNS}
     FROM evidence e
     JOIN log_signal s ON s.cluster_id = e.cluster_id AND s.id = e.signal_id AND s.at = e.signal_at
     WHERE e.cluster_id = $1 AND e.end_id = $2
     ORDER BY s.at DESC, s.id LIMIT $3`,
    [clusterId, endId, MAX_EVIDENCE],
  );
  return rows.flatMap((row) => toEvidence(row)).sort(strongestFirst);
}

function toEvidence(row: EvidenceRow): EvidenceItem[] {
  const signal = toSignalItem(row);
  if (signal === null) return [];
  // A tie of another release is shown as the weakest.
  const tie = TIE_KINDS.find((kind) => kind === row.tie) ?? 'time';
  return [{ tie, proof: toProof(row.proof), reason: row.reason, candidates: row.candidates, signal }];
}

function strongestFirst(a: EvidenceItem, b: EvidenceItem): number {
  return (
    PROOFS.indexOf(a.proof) - PROOFS.indexOf(b.proof) ||
    TIE_KINDS.indexOf(a.tie) - TIE_KINDS.indexOf(b.tie) ||
    (a.signal.at ?? '').localeCompare(b.signal.at ?? '')
  );
}

type SandboxRow = {
  file: string;
  fetched_at: Date;
  size_bytes: string | null;
  from_byte: string | null;
  error_code: string | null;
};

async function listSandboxFiles(db: Db, { clusterId, endId }: EvidenceOf): Promise<SandboxFile[]> {
  const { rows } = await db.query<SandboxRow>(
    `SELECT file, fetched_at, size_bytes, from_byte, error_code
     FROM sandbox_tail WHERE cluster_id = $1 AND end_id = $2 ORDER BY file DESC`,
    [clusterId, endId],
  );
  return rows.flatMap(({ file, fetched_at, size_bytes, from_byte, error_code }) => {
    if (file !== 'stdout' && file !== 'stderr') return [];
    const sizeBytes = size_bytes === null ? null : Number(size_bytes);
    const fromByte = from_byte === null ? null : Number(from_byte);
    const keptBytes = sizeBytes === null || fromByte === null ? null : Math.max(0, sizeBytes - fromByte);
    const fetchedAt = fetched_at.toISOString();
    return [{ file, fetchedAt, sizeBytes, fromByte, keptBytes, errorCode: error_code }];
  });
}

// Points that are none (of another release) leave the rest readable.
const Points = z
  .array(z.tuple([z.number(), z.number()]).nullable().catch(null))
  .transform((points) => points.filter((point) => point !== null))
  .catch([]);

async function readMemory(db: Db, { clusterId, endId }: EvidenceOf): Promise<TaskMemory | null> {
  const { rows } = await db.query<{ limit_bytes: string | null; samples: unknown }>(
    'SELECT limit_bytes, samples FROM task_memory WHERE cluster_id = $1 AND end_id = $2',
    [clusterId, endId],
  );
  const [row] = rows;
  if (!row) return null;
  const points = Points.parse(row.samples);
  if (points.length === 0) return null;
  return { limitBytes: row.limit_bytes === null ? null : Number(row.limit_bytes), points };
}

async function readContact(
  db: Db,
  { clusterId, clusterName, agentId }: EvidenceOf,
): Promise<TaskDetailBody['agent']> {
  const { rows } = await db.query<ContactRow>(
    `SELECT agent_id, asked_at, answered_at, error_code, skew_ms, containers
     FROM agent_contact WHERE cluster_id = $1 AND agent_id = $2`,
    [clusterId, agentId],
  );
  return rows[0] ? toContact(rows[0], clusterName) : null;
}

import type { Pool, PoolClient } from 'pg';

import { inTransaction } from '@/lib/db/in-transaction';
import { diagnose } from '@/lib/diagnose/diagnose';
import { PROOFS } from '@/lib/domain/cause';
import { TIE_KINDS, type TiedSignal, type TieKind } from '@/lib/domain/evidence';
import { type About, correlate, MEMORY_KILLS } from '@/lib/evidence/correlate';
import { groupBy } from '@/lib/evidence/group-by';
import { isNobody, MANY_HOSTS, plainName } from '@/lib/evidence/host-names';
import { type PlacedSignal, sameHost, type Tie } from '@/lib/evidence/tieable';

import { hostMatcher } from './apply-log-facts';
import { applyTaskEnds, storedEnds } from './apply-task-ends';
import { factsOf, readSurroundings } from './evidence-facts';
import { fingerprintOf } from './identity';
import { assertLease, type Lease } from './lease';
import { loadNeighbours, type Neighbourhood, signalsWithLines } from './load-neighbours';
import type { MarathonKnowledge } from './marathon-context';
import { sanitize } from './sanitize';
import type { TaskEnd } from './task-end';

export type EvidenceQuestion = {
  clusterId: number;
  /** Stored signals to place. */
  signalIds: readonly string[];
  /** Stored ends to look for signals of. */
  endIds: readonly string[];
  /** Of `endIds`, those written in this very transaction: their first verdict is no revision. */
  freshEndIds?: ReadonlySet<string>;
  /** Watched Marathons as they were last read, by framework id. */
  marathons: ReadonlyMap<string, MarathonKnowledge>;
  now: Date;
};

export type EvidenceApplied = {
  /** Ties written or changed. */
  ties: number;
  /** Ends whose verdict changed. */
  revised: number;
  settled: number;
};

const NOTHING: EvidenceApplied = { ties: 0, revised: 0, settled: 0 };
const ENDS_AT_ONCE = 500;
const FORGOTTEN_AT_ONCE = 5_000;
/** After that no end is waited for any more. */
const SETTLE_MS = 10 * 60_000;
/** A whole poll this much later than a kill would have shown the end. */
const POLLED_AFTER_MS = 5 * 60_000;
const MAX_REVISION = 32_767;

/**
 * Ties signals to ends, in the caller's transaction, which must hold the lease: writes the ties, diagnoses ends anew
 * whose ties changed and stores the verdict where an evidence rule decides, says of each signal what it is about, learns
 * host names from containers that prove them, and settles signals that no end can explain any more. Doing it again
 * changes nothing. Cost: some thirty statements for each 500 ends; one where the cluster has no signal at all.
 */
export async function tieEvidence(client: PoolClient, question: EvidenceQuestion): Promise<EvidenceApplied> {
  const { clusterId, signalIds, endIds } = question;
  if (signalIds.length === 0 && endIds.length === 0) return NOTHING;
  if (!(await hasSignals(client, clusterId))) return NOTHING;
  await matchHosts(client, clusterId, signalIds);
  const parts =
    endIds.length === 0
      ? [[]]
      : Array.from({ length: Math.ceil(endIds.length / ENDS_AT_ONCE) }, (_, part) =>
          endIds.slice(part * ENDS_AT_ONCE, (part + 1) * ENDS_AT_ONCE),
        );
  let applied = NOTHING;
  for (const [index, part] of parts.entries()) {
    const one = await tiePart(client, question, index === 0 ? signalIds : [], part);
    applied = {
      ties: applied.ties + one.ties,
      revised: applied.revised + one.revised,
      settled: applied.settled + one.settled,
    };
  }
  return applied;
}

/**
 * Signals that no answer is final of, by when they came: the oldest `limit`, and of what is beyond these the newest tenth
 * of `limit`, so that a flood that waits keeps nothing fresh from being looked at. Cost: two ranges of the index of such.
 */
export async function unsettledSignals(
  pool: Pool,
  clusterId: number,
  limit: number,
): Promise<{ id: string; receivedAt: Date }[]> {
  const { rows } = await pool.query<{ id: string; receivedAt: Date }>(
    `SELECT id, received_at AS "receivedAt" FROM (
       (SELECT id, received_at FROM log_signal
        WHERE cluster_id = $1 AND settled_at IS NULL ORDER BY received_at, id LIMIT $2)
       UNION
       (SELECT id, received_at FROM log_signal
        WHERE cluster_id = $1 AND settled_at IS NULL ORDER BY received_at DESC, id DESC LIMIT $3)
     ) AS waiting ORDER BY received_at, id`,
    [clusterId, limit, Math.ceil(limit / 10)],
  );
  return rows;
}

/** Places stored signals, in a transaction of its own under the lease. Throws LEASE_LOST; database errors propagate. */
export async function placeSignals(
  pool: Pool,
  lease: Lease,
  { signalIds, marathons, now }: Pick<EvidenceQuestion, 'signalIds' | 'marathons' | 'now'>,
): Promise<EvidenceApplied> {
  return await inTransaction(pool, async (client) => {
    await assertLease(client, lease);
    const { clusterId } = lease;
    return await tieEvidence(client, { clusterId, signalIds, endIds: [], marathons, now });
  });
}

/**
 * Removes containers that were not seen for 8 days and status lines of 4 days ago, at most 5,000 of each at a time, under
 * the lease. `isAll`: none is left. Nothing that was tied by them is lost. Throws LEASE_LOST.
 */
export async function forgetOldSightings(
  pool: Pool,
  lease: Lease,
  now: Date,
  atOnce = FORGOTTEN_AT_ONCE,
): Promise<{ removed: number; isAll: boolean }> {
  const { clusterId } = lease;
  const [containers, lines] = await inTransaction(pool, async (client) => {
    await assertLease(client, lease);
    const old = await client.query(
      `DELETE FROM container WHERE cluster_id = $1 AND container_id IN (
         SELECT container_id FROM container
         WHERE cluster_id = $1 AND last_seen_at < $2::timestamptz - interval '8 days' LIMIT $3)`,
      [clusterId, now, atOnce],
    );
    const said = await client.query(
      `DELETE FROM log_status_update WHERE cluster_id = $1 AND ctid = ANY (ARRAY(
         SELECT ctid FROM log_status_update
         WHERE cluster_id = $1 AND received_at < $2::timestamptz - interval '4 days' LIMIT $3))`,
      [clusterId, now, atOnce],
    );
    return [old, said];
  });
  const removed = [containers.rowCount ?? 0, lines.rowCount ?? 0];
  return { removed: removed.reduce((sum, one) => sum + one, 0), isAll: removed.every((one) => one < atOnce) };
}

/** Evidence of ends that are stored under another id by now. */
export async function forgetEvidence(client: PoolClient, clusterId: number, endIds: readonly string[]) {
  if (endIds.length === 0) return;
  await client.query('DELETE FROM evidence WHERE cluster_id = $1 AND end_id = ANY($2::uuid[])', [
    clusterId,
    endIds,
  ]);
}

async function tiePart(
  client: PoolClient,
  question: EvidenceQuestion,
  signalIds: readonly string[],
  endIds: readonly string[],
): Promise<EvidenceApplied> {
  const { clusterId, now } = question;
  const found = await loadNeighbours(client, clusterId, { signalIds, endIds });
  if (found.signals.size === 0) return NOTHING;
  const before = await evidenceOf(client, clusterId, [...found.ends.keys()]);
  const lastPolledAt = await readLastPolledAt(client, clusterId);
  const { ties, about } = correlate({
    signals: [...found.signals.values()],
    ends: [...found.ends.values()],
    containers: [...found.containers.values()],
    statusLines: found.statusLines,
    proven: before.filter(({ proof }) => proof === 'proven'),
    now,
    lastPolledAt,
  });
  const changes = changesOf(found, before, ties);
  await writeTies(client, clusterId, found, changes, now);
  await learnHosts(client, clusterId, found, ties, now);
  const tied = new Set(ties.map(({ endId }) => endId));
  const again = new Set([...changes.endIds, ...endIds.filter((id) => tied.has(id))]);
  const revised = await diagnoseAgain(client, question, [...again]);
  const settled = await writeAbout(client, question, found, ties, about, lastPolledAt);
  return { ties: changes.write.length + changes.remove.length, revised, settled };
}

/** Without a way in that told any there is nothing to look for. */
async function hasSignals(client: PoolClient, clusterId: number): Promise<boolean> {
  const { rows } = await client.query<{ any: boolean }>(
    'SELECT EXISTS (SELECT 1 FROM log_input WHERE cluster_id = $1 AND signals > 0) AS any',
    [clusterId],
  );
  return rows[0]?.any === true;
}

/** Agents, or names of agents, may have become known since the lines came. */
async function matchHosts(
  client: PoolClient,
  clusterId: number,
  signalIds: readonly string[],
): Promise<void> {
  if (signalIds.length === 0) return;
  const { rows } = await client.query<{ id: string; at: Date; printed_host: string }>(
    `SELECT id, at, printed_host FROM log_signal
     WHERE cluster_id = $1 AND id = ANY($2::uuid[]) AND host IS NULL AND printed_host IS NOT NULL`,
    [clusterId, signalIds],
  );
  if (rows.length === 0) return;
  const match = await hostMatcher(client, clusterId);
  const known = rows.flatMap(({ id, at, printed_host }) => {
    const host = match(printed_host);
    return host === null ? [] : [{ id, at, host }];
  });
  if (known.length === 0) return;
  await client.query(
    `UPDATE log_signal SET host = sent.host
     FROM unnest($2::uuid[], $3::timestamptz[], $4::text[]) AS sent (id, at, host)
     WHERE log_signal.cluster_id = $1 AND log_signal.id = sent.id AND log_signal.at = sent.at`,
    [clusterId, known.map(({ id }) => id), known.map(({ at }) => at), known.map(({ host }) => host)],
  );
}

async function readLastPolledAt(client: PoolClient, clusterId: number): Promise<Date | null> {
  const { rows } = await client.query<{ at: Date | null }>(
    'SELECT last_polled_at AS at FROM cluster WHERE id = $1',
    [clusterId],
  );
  return rows[0]?.at ?? null;
}

async function evidenceOf(client: PoolClient, clusterId: number, endIds: readonly string[]): Promise<Tie[]> {
  if (endIds.length === 0) return [];
  const { rows } = await client.query<Omit<Tie, 'by' | 'proof'> & { by: string; proof: string }>(
    `SELECT end_id AS "endId", signal_id AS "signalId", tie AS by, proof, reason, candidates
     FROM evidence WHERE cluster_id = $1 AND end_id = ANY($2::uuid[])`,
    [clusterId, endIds],
  );
  return rows.map((row) => ({
    ...row,
    by: TIE_KINDS.find((kind) => kind === row.by) ?? 'time',
    proof: PROOFS.find((proof) => proof === row.proof) ?? 'possible',
  }));
}

type Changes = { write: Tie[]; remove: Tie[]; endIds: Set<string> };

/** What differs from the stored ties, of ends that were seen with all their rivals. */
function changesOf(found: Neighbourhood, before: readonly Tie[], ties: readonly Tie[]): Changes {
  const known = new Map(before.map((tie) => [tieKey(tie), tie]));
  const wanted = ties.filter(({ endId }) => found.wholeEnds.has(endId));
  const write = wanted.filter((tie) => !isSame(known.get(tieKey(tie)), tie));
  const kept = new Set(wanted.map(tieKey));
  // A tie to a signal that was not loaded is not judged.
  const remove = before.filter(
    (tie) => found.wholeEnds.has(tie.endId) && found.signals.has(tie.signalId) && !kept.has(tieKey(tie)),
  );
  return { write, remove, endIds: new Set([...write, ...remove].map(({ endId }) => endId)) };
}

function tieKey({ endId, signalId }: Tie): string {
  return `${endId} ${signalId}`;
}

function isSame(a: Tie | undefined, b: Tie): boolean {
  return (
    a !== undefined &&
    a.by === b.by &&
    a.proof === b.proof &&
    a.reason === b.reason &&
    a.candidates === b.candidates
  );
}

async function writeTies(
  client: PoolClient,
  clusterId: number,
  found: Neighbourhood,
  { write, remove }: Changes,
  now: Date,
): Promise<void> {
  if (remove.length > 0) {
    await client.query(
      `DELETE FROM evidence USING unnest($2::uuid[], $3::uuid[]) AS gone (end_id, signal_id)
       WHERE evidence.cluster_id = $1 AND evidence.end_id = gone.end_id AND evidence.signal_id = gone.signal_id`,
      [clusterId, remove.map(({ endId }) => endId), remove.map(({ signalId }) => signalId)],
    );
  }
  if (write.length === 0) return;
  const rows = write.map(({ endId, signalId, by, proof, reason, candidates }) => ({
    cluster_id: clusterId,
    end_id: endId,
    signal_id: signalId,
    signal_at: found.signals.get(signalId)?.at,
    tie: by,
    proof,
    reason,
    candidates,
    tied_at: now,
  }));
  await client.query(
    `INSERT INTO evidence SELECT * FROM json_populate_recordset(NULL::evidence, $1::json)
     ON CONFLICT (cluster_id, end_id, signal_id) DO UPDATE SET signal_at = excluded.signal_at, tie = excluded.tie,
       proof = excluded.proof, reason = excluded.reason, candidates = excluded.candidates, tied_at = excluded.tied_at`,
    [JSON.stringify(sanitize(rows))],
  );
}

/**
 * A kernel or Docker line that names a container is of the host that runs it, whatever that calls itself there. Other
 * signals of that name get their host, too. A name under which containers of a second host come is a relay's: it stands
 * for none from then on, and signals that were held to be of the first are looked at again.
 */
async function learnHosts(
  client: PoolClient,
  clusterId: number,
  found: Neighbourhood,
  ties: readonly Tie[],
  now: Date,
): Promise<void> {
  const learnt = new Map<string, { host: string; from: string }>();
  const wrong = new Map<string, { host: string; from: string }>();
  for (const { signalId, endId, by, proof } of ties) {
    const placed = found.signals.get(signalId);
    const hostname = found.ends.get(endId)?.hostname ?? null;
    const printed = plainName(placed?.signal.host ?? '');
    if (by !== 'container_id' || proof !== 'proven' || !placed) continue;
    if (hostname === null || isNobody(printed)) continue;
    if (placed.signal.source !== 'kernel' && placed.signal.source !== 'dockerd') continue;
    const from = `container ${placed.signal.containerId ?? ''}`;
    const other = placed.host ?? learnt.get(printed)?.host ?? null;
    if (other === null) learnt.set(printed, { host: hostname, from });
    else if (!sameHost(other, hostname)) wrong.set(printed, { host: other, from });
  }
  for (const [printed, { from }] of wrong) {
    if (learnt.has(printed)) learnt.set(printed, { host: MANY_HOSTS, from });
  }
  if (wrong.size > 0) await forgetAliases(client, clusterId, wrong);
  if (learnt.size === 0) return;
  const names = [...learnt.keys()];
  const values = [...learnt.values()];
  await client.query(
    `WITH fresh AS (
       INSERT INTO host_alias (cluster_id, printed_host, host, learnt_from, learnt_at)
       SELECT $1, printed, host, learnt_from, $5
       FROM unnest($2::text[], $3::text[], $4::text[]) AS sent (printed, host, learnt_from)
       ON CONFLICT DO NOTHING
       RETURNING printed_host, host
     )
     UPDATE log_signal SET host = fresh.host, settled_at = NULL
     FROM fresh
     WHERE log_signal.cluster_id = $1 AND log_signal.host IS NULL AND log_signal.at > $5::timestamptz - interval '8 days'
       AND lower(rtrim(log_signal.printed_host, '.')) = fresh.printed_host AND fresh.host <> '${MANY_HOSTS}'`,
    [clusterId, names, values.map(({ host }) => host), values.map(({ from }) => from), now],
  );
}

/** Only of names that were learnt: what an agent calls itself stays its own, whatever a container says. */
async function forgetAliases(
  client: PoolClient,
  clusterId: number,
  wrong: ReadonlyMap<string, { host: string; from: string }>,
): Promise<void> {
  const values = [...wrong.values()];
  await client.query(
    `WITH gone AS (
       UPDATE host_alias SET host = '${MANY_HOSTS}', learnt_from = sent.learnt_from
       FROM unnest($2::text[], $3::text[], $4::text[]) AS sent (printed, host, learnt_from)
       WHERE host_alias.cluster_id = $1 AND host_alias.printed_host = sent.printed AND host_alias.host = sent.host
       RETURNING sent.printed, sent.host
     )
     UPDATE log_signal SET host = NULL, settled_at = NULL
     FROM gone
     WHERE log_signal.cluster_id = $1 AND log_signal.host = gone.host
       AND lower(rtrim(log_signal.printed_host, '.')) = gone.printed`,
    [clusterId, [...wrong.keys()], values.map(({ host }) => host), values.map(({ from }) => from)],
  );
}

/** Diagnoses stored ends with all that is tied to them now. Answers how many verdicts changed. */
async function diagnoseAgain(
  client: PoolClient,
  { clusterId, marathons, now, freshEndIds }: EvidenceQuestion,
  endIds: readonly string[],
): Promise<number> {
  if (endIds.length === 0) return 0;
  const ends = await storedEnds(client, clusterId, endIds);
  const evidence = await tiedSignals(client, clusterId, endIds);
  const around = await readSurroundings(client, clusterId, ends, marathons);
  const revise = ends.flatMap((end) => {
    const next = withEvidence(end, evidence.get(end.id) ?? [], around);
    if (next === null) return [];
    const isFresh = freshEndIds?.has(end.id) === true;
    const marked = isFresh
      ? next
      : { ...next, revisedAt: now, revision: Math.min(end.revision + 1, MAX_REVISION) };
    return [{ oldId: end.id, oldFinishedAt: end.finishedAt, end: marked }];
  });
  if (revise.length === 0) return 0;
  await applyTaskEnds(client, clusterId, { insert: [], revise, reopen: [] }, now);
  return revise.length;
}

/** The end with its verdict by evidence; null: that is what is stored, or evidence decides nothing. */
function withEvidence(
  end: TaskEnd,
  evidence: readonly TiedSignal[],
  around: Parameters<typeof factsOf>[2],
): TaskEnd | null {
  const verdict = diagnose(factsOf(end, evidence, around));
  // Where evidence is silent the stored verdict stands: it was made with everything Marathon told at the time.
  if (!isByEvidence(verdict.ruleId) && !isByEvidence(end.ruleId)) return null;
  const next: TaskEnd = {
    ...end,
    cause: verdict.cause,
    disposition: verdict.disposition,
    proof: verdict.proof,
    exitCode: end.exitCode ?? verdict.exitCode,
    signal: verdict.signal,
    summary: verdict.summary,
    because: verdict.because,
    advice: verdict.advice,
    ruleId: verdict.ruleId,
    fingerprint: fingerprintOf({ ...end, cause: verdict.cause }),
  };
  return verdictText(sanitize(next)) === verdictText(end) ? null : next;
}

function isByEvidence(ruleId: string): boolean {
  return ruleId.startsWith('evidence-');
}

function verdictText(end: TaskEnd): string {
  const { cause, disposition, proof, exitCode, signal, summary, because, advice, ruleId, fingerprint } = end;
  return JSON.stringify([
    cause,
    disposition,
    proof,
    exitCode,
    signal,
    summary,
    because,
    advice,
    ruleId,
    fingerprint,
  ]);
}

/** What is tied to each end, the strongest first. */
async function tiedSignals(
  client: PoolClient,
  clusterId: number,
  endIds: readonly string[],
): Promise<Map<string, TiedSignal[]>> {
  const ties = await evidenceOf(client, clusterId, endIds);
  const signals = await signalsWithLines(client, clusterId, [
    ...new Set(ties.map(({ signalId }) => signalId)),
  ]);
  const strength = (one: { by: TieKind; proof: Tie['proof'] }) =>
    PROOFS.indexOf(one.proof) * TIE_KINDS.length + TIE_KINDS.indexOf(one.by);
  const timeOf = ({ signal }: TiedSignal) => signal.at?.getTime() ?? 0;
  const found = ties.flatMap(({ endId, signalId, by, proof, reason, candidates }) => {
    const placed = signals.get(signalId);
    if (!placed) return [];
    // Of the agent's name, which people know it by.
    const signal = { ...placed.signal, host: placed.host ?? placed.signal.host };
    return [{ endId, tied: { signalId, signal, by, proof, reason, candidates } }];
  });
  return new Map(
    [...groupBy(found, ({ endId }) => endId)].map(([endId, ofEnd]) => [
      endId,
      ofEnd
        .map(({ tied }) => tied)
        .sort(
          (a, b) => strength(a) - strength(b) || timeOf(b) - timeOf(a) || (a.signalId < b.signalId ? -1 : 1),
        ),
    ]),
  );
}

type Answer = { id: string; at: Date; about: About; settled: boolean };

async function writeAbout(
  client: PoolClient,
  { clusterId, now }: EvidenceQuestion,
  found: Neighbourhood,
  ties: readonly Tie[],
  about: ReadonlyMap<string, About | null>,
  lastPolledAt: Date | null,
): Promise<number> {
  const proven = new Set(ties.filter(({ proof }) => proof === 'proven').map(({ signalId }) => signalId));
  const answers: Answer[] = [];
  for (const [id, placed] of found.signals) {
    const answer = about.get(id) ?? null;
    const row = found.rows.get(id);
    if (answer === null || row === undefined || !found.wholeSignals.has(id)) continue;
    const settled =
      row.settled_at !== null || isSettled(placed, answer, { isProven: proven.has(id), now, lastPolledAt });
    const isSameAnswer =
      row.about === answer.about &&
      row.app_id === answer.appId &&
      row.about_task_id === answer.taskId &&
      row.about_proof === answer.proof &&
      row.about_reason === answer.reason;
    if (!isSameAnswer || (settled && row.settled_at === null)) {
      answers.push({ id, at: placed.at, about: answer, settled });
    }
  }
  if (answers.length === 0) return 0;
  await client.query(
    `UPDATE log_signal SET about = sent.about, app_id = sent.app_id, about_task_id = sent.task_id,
       about_proof = sent.proof, about_reason = sent.reason,
       settled_at = CASE WHEN sent.settled THEN coalesce(settled_at, $10) ELSE settled_at END
     FROM unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bool[])
       AS sent (id, at, about, app_id, task_id, proof, reason, settled)
     WHERE log_signal.cluster_id = $1 AND log_signal.id = sent.id AND log_signal.at = sent.at`,
    [
      clusterId,
      answers.map(({ id }) => id),
      answers.map(({ at }) => at),
      answers.map((one) => one.about.about),
      answers.map((one) => one.about.appId),
      answers.map((one) => one.about.taskId),
      answers.map((one) => one.about.proof),
      answers.map((one) => one.about.reason),
      answers.map(({ settled }) => settled),
      now,
    ],
  );
  return answers.filter(({ settled }) => settled).length;
}

/** Whether nothing that may yet come is waited for. An end that comes all the same looks for its signals itself. */
function isSettled(
  { signal, at, atKnown, receivedAt }: PlacedSignal,
  { about }: About,
  { isProven, now, lastPolledAt }: { isProven: boolean; now: Date; lastPolledAt: Date | null },
): boolean {
  if (about === 'foreign' || isProven) return true;
  const namesNothing = signal.containerId === null && signal.taskId === null;
  if (about === 'host' && namesNothing && !MEMORY_KILLS.has(signal.signature)) return true;
  if (now.getTime() >= receivedAt.getTime() + SETTLE_MS) return true;
  // Who lived on is told by the agents' samples, which come after the first poll and are written every few minutes.
  if (about === 'unknown' && MEMORY_KILLS.has(signal.signature)) return false;
  return atKnown && lastPolledAt !== null && lastPolledAt.getTime() >= at.getTime() + POLLED_AFTER_MS;
}

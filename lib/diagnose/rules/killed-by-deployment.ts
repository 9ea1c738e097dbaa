import type { Facts, MarathonContext } from '@/lib/domain/verdict';

import type { Finding, Rule } from '../rule';
import { excerpt, graceSentence, ofApp, utc } from '../wording';

// A rolling restart of a slow app takes minutes; a change older than this explains nothing by itself.
const CHANGE_TO_KILL_MS = 10 * 60_000;
// Kills of a scale-down are sent at once: later ones are only possible.
const SCALE_TO_KILL_MS = 2 * 60_000;
// Clocks of Marathon and the agent, and our poll that saw the deployment first, may be apart by this much.
const SLACK_MS = 60_000;
const KILLING_ACTIONS = /(?:Restart|Scale|Stop)(?:Application|Pod)/;

type Explanation = Pick<Finding, 'proof'> & { what: string; because: string[] };

/** Killed by Marathon for what somebody asked of the app: deploy, restart, scale, destroy. A normal end. */
export const killedByDeployment: Rule = {
  id: 'killed-by-deployment',
  matches(facts, reading) {
    if (facts.state !== 'TASK_KILLED' || facts.marathon === null) return null;
    const explanation = explain(facts, facts.marathon);
    if (explanation === null) return null;
    const grace = graceSentence(reading.signal?.name ?? null, facts.marathon.killGraceSeconds);
    return {
      cause: 'killed_by_deploy_or_scale',
      disposition: 'normal',
      proof: explanation.proof,
      summary: `The task${ofApp(facts)} was killed ${explanation.what}.${grace}`,
      because: explanation.because,
      advice: [],
    };
  },
};

function explain(facts: Facts, marathon: MarathonContext): Explanation | null {
  return (
    byDeployment(facts, marathon) ??
    byDestroy(marathon) ??
    byChange(facts, marathon.lastConfigChangeAt) ??
    byScaling(facts, marathon.lastScalingAt)
  );
}

function byDeployment(facts: Facts, { deployment, appId }: MarathonContext): Explanation | null {
  if (deployment === null) return null;
  const beforeMs = facts.finishedAt.getTime() - deployment.startedAt.getTime();
  if (beforeMs < -SLACK_MS) return null;
  const ofThisApp = deployment.actions.filter((action) => !action.includes('/') || namesApp(action, appId));
  const kills = ofThisApp.some((action) => KILLING_ACTIONS.test(action));
  const id = excerpt(deployment.deploymentId, 60);
  const actions = ofThisApp.length === 0 ? '' : ` (${excerpt(ofThisApp.join(', '), 120)})`;
  return {
    proof: kills && beforeMs >= 0 ? 'proven' : 'likely',
    what: `by deployment ${id}${actions}`,
    because: [
      facts.onlyStatus === true
        ? `Deployment ${id}${actions}.`
        : `Deployment ${id}${actions} ran since ${utc(deployment.startedAt)}; the task ended at ${utc(facts.finishedAt)}.`,
    ],
  };
}

function namesApp(action: string, appId: string): boolean {
  return action.split(/[\s:=>]+/).includes(appId);
}

function byDestroy({ appExists }: MarathonContext): Explanation | null {
  if (appExists) return null;
  return {
    proof: 'likely',
    what: 'as its app was destroyed',
    because: ['Marathon has no such app any more.'],
  };
}

function byChange(facts: Facts, changedAt: Date | null): Explanation | null {
  const beforeMs = msBefore(facts, changedAt);
  if (changedAt === null || beforeMs === null || beforeMs > CHANGE_TO_KILL_MS) return null;
  return {
    proof: 'likely',
    what: `after the app's configuration was changed at ${utc(changedAt)}`,
    because: [`lastConfigChangeAt ${utc(changedAt)} is ${Math.round(beforeMs / 1000)} s before the end.`],
  };
}

function byScaling(facts: Facts, scaledAt: Date | null): Explanation | null {
  const beforeMs = msBefore(facts, scaledAt);
  if (scaledAt === null || beforeMs === null || beforeMs > CHANGE_TO_KILL_MS) return null;
  return {
    proof: beforeMs <= SCALE_TO_KILL_MS ? 'likely' : 'possible',
    what: `after the app was scaled at ${utc(scaledAt)}`,
    because: [`lastScalingAt ${utc(scaledAt)} is ${Math.round(beforeMs / 1000)} s before the end.`],
  };
}

/** How long before the end it was; null: unknown, or after the end by more than clocks differ. */
function msBefore(facts: Facts, at: Date | null): number | null {
  if (at === null) return null;
  const ms = facts.finishedAt.getTime() - at.getTime();
  return ms >= -SLACK_MS ? Math.max(0, ms) : null;
}

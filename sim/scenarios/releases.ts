import { type App, currentVersion } from '../model/app';
import type { World } from '../model/world';

export function appNamed(world: World, id: string): App {
  const app = world.marathon.apps.get(id);
  if (app === undefined) throw new Error(`the fleet has no ${id}`);
  return app;
}

/** The tag of the next release: one above the highest there was, rolled-back ones included. */
export function nextTag(app: App): string {
  const [first = '1.0.0', ...rest] = app.versions.map(({ definition }) => definition.tag).filter(isNumbered);
  const highest = rest.reduce((best, tag) => (numberOf(tag) > numberOf(best) ? tag : best), first);
  return highest.replace(/\d+$/, (patch) => String(Number(patch) + 1));
}

function isNumbered(tag: string): boolean {
  return /^\d+\.\d+\.\d+$/.test(tag);
}

function numberOf(tag: string): number {
  return Number(tag.split('.').at(-1));
}

export function currentTag(app: App): string {
  return currentVersion(app).definition.tag;
}

export function isDeploying(world: World, app: App): boolean {
  return [...world.marathon.deployments.values()].some((deployment) => deployment.app === app);
}

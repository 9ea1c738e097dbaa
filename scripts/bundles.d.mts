/** Makes the named bundles (keys of BUNDLES) where their sources changed; answers those made anew. */
export function makeBundles(names?: string[]): Promise<string[]>;

/** See zookeeper.mjs. */
export function installedZookeeper(): { java: string; classpath: string } | null;

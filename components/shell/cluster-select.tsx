'use client';

import classes from './cluster-select.module.css';
import { usePageWindow } from './use-page-window';

/** Narrows the page to one cluster; nothing where there is only one to choose. */
export function ClusterSelect({ clusters }: { clusters: readonly string[] }) {
  const { window, setWindow } = usePageWindow();
  const chosen = window.cluster;
  // A cluster of the URL that is not known stays visible, or the page would look narrowed by nothing.
  const names = chosen === null || clusters.includes(chosen) ? clusters : [...clusters, chosen];
  if (names.length < 2) return null;
  return (
    <select
      className={classes.select}
      aria-label="Cluster"
      value={chosen ?? ''}
      onChange={(event) => setWindow({ cluster: event.currentTarget.value || null })}
    >
      <option value="">All clusters</option>
      {names.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

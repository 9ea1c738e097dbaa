import type { ReactNode } from 'react';

import classes from './page-header.module.css';
import { PlainLink } from './plain-link';

type PageHeaderProps = {
  title: ReactNode;
  /** The way up: `[{ label: 'Hosts', href: '/hosts' }]`. */
  crumbs?: { label: string; href: string }[];
  /** A muted line under the title. */
  note?: ReactNode;
  /** At the right: links or buttons. */
  actions?: ReactNode;
};

/** The page's one h1, the way up above it. */
export function PageHeader({ title, crumbs = [], note, actions }: PageHeaderProps) {
  return (
    <header className={classes.header}>
      <div className={classes.words}>
        {crumbs.length > 0 && (
          <nav aria-label="Breadcrumb" className={classes.crumbs}>
            <ol>
              {crumbs.map(({ label, href }) => (
                <li key={href}>
                  <PlainLink href={href}>{label}</PlainLink>
                </li>
              ))}
            </ol>
          </nav>
        )}
        <h1 className={classes.title}>{title}</h1>
        {note !== undefined && <div className={classes.note}>{note}</div>}
      </div>
      {actions !== undefined && <div className={classes.actions}>{actions}</div>}
    </header>
  );
}

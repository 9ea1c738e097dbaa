import { PlainLink } from '@/components/ui/plain-link';
import classes from './not-found.module.css';

/** An address that no page has. */
export default function NotFound() {
  return (
    <main className={classes.main}>
      <h1>No such page</h1>
      <p>
        <PlainLink href="/">Overview</PlainLink> · <PlainLink href="/hosts">Hosts</PlainLink> ·{' '}
        <PlainLink href="/apps">Apps</PlainLink> · <PlainLink href="/tasks">Tasks</PlainLink> ·{' '}
        <PlainLink href="/status">Status</PlainLink>
      </p>
    </main>
  );
}

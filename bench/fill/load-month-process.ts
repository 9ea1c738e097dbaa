/** Loads one month in a process of its own: told `{ url, size, month }` by a message, it answers `{ rows }`. */
import { loadMonth, type MonthToLoad } from './load-month';

process.once('message', (message: MonthToLoad) => {
  // A Date comes as text.
  const size = { ...message.size, now: new Date(message.size.now) };
  loadMonth({ ...message, size }).then(
    (rows) => process.send?.({ rows }, () => process.exit(0)),
    (thrown: unknown) => {
      console.error(thrown);
      process.exit(1);
    },
  );
});

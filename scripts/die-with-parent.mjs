// Loaded into every child with `node --import`: when the parent is gone, even by kill -9, the channel to it closes
// and the child stops as on SIGTERM. Without it a killed `npm start` would leave a server on the port.

import { isMainThread } from 'node:worker_threads';

const STOP_MS = 8_000;

// Children of the child inherit the flag, but have a parent of their own to answer to.
const isOurs = process.env.EXIT137_PARENT_PID === String(process.ppid);

if (isMainThread && isOurs && process.channel) {
  process.on('disconnect', () => {
    setTimeout(() => process.exit(1), STOP_MS).unref();
    process.kill(process.pid, 'SIGTERM');
  });
  // The channel alone must not keep a program running that has come to its end.
  process.channel.unref();
}

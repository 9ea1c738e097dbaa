// Imported first by every script, so that an old Node.js gets one clear sentence instead of a stack trace.
// Keep to syntax that Node 14 parses.

const WANTED = [20, 19];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < WANTED[0] || (major === WANTED[0] && minor < WANTED[1])) {
  console.error(
    `exit137 needs Node.js ${WANTED.join('.')} or newer; this is ${process.versions.node} (${process.execPath}).\n` +
      'Install a current version from https://nodejs.org, or with nvm: nvm install 22',
  );
  process.exit(1);
}

/*
 * Serves a directory of captured replies as the Mesos masters, agents and the Marathon they came from, to point
 * exit137 at: `npm run -s replay -- DIR`. What a file is, is told by its content, not by its name; its bytes are
 * served as they are. What had to be made up or put together from several files is said in the printed table.
 */
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

import { agentServers } from './replay/agents.mjs';
import { listFiles, readCapture } from './replay/captures.mjs';
import { MANGLES } from './replay/mangle.mjs';
import { marathonFrameworks, marathonServer } from './replay/marathon.mjs';
import { masterServers } from './replay/masters.mjs';

const HELP = `npm run -s replay -- DIR [flags]

  --port N            first port; each server takes the next one (default 5150); 0 takes free ones
  --host ADDRESS      address to listen on (default 127.0.0.1)
  --framework-id ID   frameworkId that Marathon's /v2/info tells: the Mesos framework whose tasks are its apps
  --mangle HOW        serve malformed answers: ${MANGLES.join(', ')}
  --mangle-every N    of the tasks, one in N is mangled (default 10)
  --json-ready        print one line of JSON once everything listens
`;

const JSON_TYPE = 'application/json';

function pathOf(request) {
  try {
    return decodeURIComponent(
      new URL((request.url ?? '/').replace(/^\/+/, '/'), 'http://localhost').pathname,
    );
  } catch {
    return '/';
  }
}

function answer(server, request, response) {
  const path = pathOf(request);
  if (server.kind === 'master' && path.endsWith('/redirect')) {
    response.writeHead(307, { Location: `//${request.headers.host}` }).end();
    return;
  }
  if (path === '/health') {
    response.end();
    return;
  }
  if (path.endsWith('/api/v1') && request.method !== 'POST') {
    response.writeHead(405).end();
    return;
  }
  const found = server.routes.get(path);
  if (!found) {
    response.writeHead(404, { 'Content-Type': JSON_TYPE }).end('{"message":"not captured"}');
    return;
  }
  response.setHeader('Content-Type', found.type ?? JSON_TYPE);
  found.send(response).catch((error) => response.destroy(error));
}

async function listen(server, host, port) {
  const http = createServer((request, response) => answer(server, request, response));
  await new Promise((resolve, reject) => http.once('error', reject).listen(port, host, resolve));
  return `http://${host}:${http.address().port}`;
}

function printTable(captures, servers) {
  for (const { kind, name, url, routes } of servers) {
    console.log(`\n${kind} at ${url}${kind === 'marathon' ? '' : `  (${name})`}`);
    const byAnswer = new Map();
    for (const [path, { from }] of routes)
      if (from) byAnswer.set(from, [...(byAnswer.get(from) ?? []), path]);
    for (const [from, paths] of byAnswer) console.log(`  ${paths.join(' ')}\n      ${from}`);
  }
  const unused = captures.filter(({ kind }) => kind === 'unknown');
  if (unused.length > 0)
    console.log(`\nnot understood, not served: ${unused.map(({ name }) => name).join(', ')}`);
}

function printSettings(captures, servers) {
  const marathon = servers.find(({ kind }) => kind === 'marathon');
  const urls = marathon ? `MARATHON_URLS=${marathon.url} ` : '';
  const masters = servers.filter(({ kind }) => kind === 'master');
  console.log(masters.length > 1 ? '\nEach master is a cluster of its own: take one line.' : '');
  for (const { url } of masters) console.log(`  MESOS_MASTER_URLS=${url} ${urls}npm start`);
  const frameworks = marathonFrameworks(captures);
  if (marathon && frameworks.length > 0) {
    console.log(`Frameworks called marathon, for --framework-id: ${frameworks.join(', ')}`);
  }
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: 'string', default: '5150' },
      host: { type: 'string', default: '127.0.0.1' },
      'framework-id': { type: 'string' },
      mangle: { type: 'string' },
      'mangle-every': { type: 'string', default: '10' },
      'json-ready': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [dir] = positionals;
  if (values.help || dir === undefined) {
    console.log(HELP);
    process.exitCode = values.help ? 0 : 1;
    return;
  }
  if (values.mangle !== undefined && !MANGLES.includes(values.mangle))
    throw new Error(`--mangle: ${MANGLES.join(', ')}`);
  const every = Number(values['mangle-every']);
  if (!(Number.isInteger(every) && every > 0)) throw new Error('--mangle-every: a whole number above 0');
  const mangle = values.mangle === undefined ? null : { how: values.mangle, every };

  const captures = [];
  for (const path of await listFiles(dir)) captures.push(await readCapture(dir, path));
  const marathon = marathonServer(captures, values['framework-id'] ?? null, mangle);
  const servers = [
    ...masterServers(captures, mangle),
    ...agentServers(captures),
    ...(marathon ? [marathon] : []),
  ];
  if (servers.length === 0) throw new Error(`no capture of Mesos or Marathon in ${dir}`);
  for (const [index, server] of servers.entries()) {
    server.url = await listen(
      server,
      values.host,
      Number(values.port) === 0 ? 0 : Number(values.port) + index,
    );
  }
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => process.exit(0));
  const urlsOf = (wanted) => servers.filter(({ kind }) => kind === wanted).map(({ url }) => url);
  if (values['json-ready']) {
    const ready = { masters: urlsOf('master'), marathons: urlsOf('marathon'), agents: urlsOf('agent') };
    console.log(JSON.stringify(ready));
    return;
  }
  printTable(captures, servers);
  printSettings(captures, servers);
}

main().catch((error) => {
  console.error(`replay: ${error.message}`);
  process.exit(1);
});

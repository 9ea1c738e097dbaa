import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';

import { createSyslogSender, type SyslogSender } from './syslog-sender';

let server: Server | null = null;
let sender: SyslogSender | null = null;
let sockets: Socket[] = [];

afterEach(() => {
  sender?.stop();
  for (const socket of sockets) socket.destroy();
  server?.close();
  sockets = [];
});

async function listen(port = 0): Promise<{ port: number; received: () => string }> {
  let text = '';
  const one = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      text += chunk;
    });
  });
  server = one;
  one.listen(port, '127.0.0.1');
  await once(one, 'listening');
  return { port: (one.address() as AddressInfo).port, received: () => text };
}

it('counts octets, not characters', async () => {
  const { port, received } = await listen();
  sender = createSyslogSender('127.0.0.1', port);
  sender.send('<14>1 - h p - - - größer');
  sender.send('<14>1 - h p - - - b');
  await expect.poll(received).toBe('26 <14>1 - h p - - - größer19 <14>1 - h p - - - b');
});

it('keeps lines while nobody listens, and comes again', async () => {
  const { port } = await listen();
  server?.close();
  await once(server as Server, 'close');
  sender = createSyslogSender('127.0.0.1', port);
  sender.send('early');
  const { received } = await listen(port);
  await expect.poll(received, { timeout: 5000 }).toBe('5 early');
});

it('drops the oldest of too many', async () => {
  const { port } = await listen();
  server?.close();
  await once(server as Server, 'close');
  sender = createSyslogSender('127.0.0.1', port);
  for (let line = 0; line < 10_050; line += 1) sender.send(`l${line}`);
  expect(sender.dropped).toBe(50);
});

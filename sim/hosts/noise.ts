import type { Random } from '../model/random';
import { after, randomOf, type World } from '../model/world';
import { type Host, hex } from './host';
import { kernelLines, type Pen, plainLine } from './write-line';

const MEAN_SECONDS = 22 * 60;

/** What hosts write when nothing is wrong, at a low rate: most of a real log means nothing. */
export function tellNoise(world: World): void {
  const random = randomOf(world, 'noise');
  for (const host of world.hosts.values()) wait(world, host, random);
}

function wait(world: World, host: Host, random: Random): void {
  after(world, random.exponential(MEAN_SECONDS), () => {
    writeOne({ world, host, at: world.now }, random);
    wait(world, host, random);
  });
}

function writeOne(pen: Pen, random: Random): void {
  const pid = random.int(2000, 31_000);
  const session = random.int(400, 99_999);
  const port = random.int(32_000, 60_000);
  switch (random.int(0, 9)) {
    case 0:
    case 1:
      plainLine(pen, 'CROND', pid, '(root) CMD (/usr/lib64/sa/sa1 1 1)');
      break;
    case 2:
      plainLine(
        pen,
        'sshd',
        pid,
        `Accepted publickey for deploy from 10.20.0.5 port ${port} ssh2: RSA SHA256:${hex(random, 32)}`,
      );
      break;
    case 3:
      plainLine(pen, 'systemd', 1, `Started Session ${session} of user deploy.`);
      break;
    case 4:
      plainLine(pen, 'systemd-logind', 701, `Removed session ${session}.`);
      break;
    case 5:
      plainLine(
        pen,
        'NetworkManager',
        820,
        `<info>  [${Math.floor(pen.at)}.1042] dhcp4 (em1): state changed bound -> bound`,
      );
      break;
    case 6:
      kernelLines(pen, [`XFS (dm-${random.int(2, 60)}): Unmounting Filesystem`], 5);
      break;
    case 7:
      kernelLines(
        pen,
        [`docker0: port ${random.int(2, 40)}(veth${hex(random, 7)}) entered disabled state`],
        6,
      );
      break;
    case 8:
      kernelLines(
        pen,
        ['TCP: request_sock_TCP: Possible SYN flooding on port 8080. Sending cookies.  Check SNMP counters.'],
        6,
      );
      break;
    default:
      // Once is nothing: the device is released at the next try.
      if (random.chance(0.02)) {
        kernelLines(
          pen,
          [`unregister_netdevice: waiting for veth${hex(random, 7)} to become free. Usage count = 1`],
          0,
        );
        break;
      }
      plainLine(pen, 'chronyd', 644, `Selected source 10.20.0.2`);
      break;
  }
}

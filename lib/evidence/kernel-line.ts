import type { LogLine } from './log-line';

/**
 * Tags under which the kernel's lines come: its own, of what reads its ring buffer, and of consoles that print it
 * (Docker Desktop's virtual machine, netconsole, abrt's excerpts).
 */
const KERNEL_TAG =
  /^(?:kernel|vmunix|vmkernel|klogd|kmsg|kern|dmesg|linux|printk|netconsole|console|ttys\d|journal|syslog|logger|root|com\.docker\.|abrt-dump|init\.vmd|vminitd|serial|linuxkit|kernlog|kubernetes\.var\.log)/i;

/**
 * Whether a line can be the kernel's: a program that names itself otherwise can print any text, its container's
 * owner chooses it, and it must prove nothing.
 */
export function fromKernel(line: LogLine): boolean {
  return line.program === null || KERNEL_TAG.test(line.program);
}

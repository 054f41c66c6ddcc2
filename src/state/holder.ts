import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { HolderInfo, HolderKind } from '../core/stateManager.ts';

/** A process as it is written into its lease. */
export interface Holder {
  readonly epoch: number;
  readonly kind: HolderKind;
  readonly host: string;
  readonly bootId: string | null;
  readonly pidNamespace: string | null;
  readonly pid: number;
  readonly processStart: string | null;
  readonly socket: string;
  readonly released?: true;
}

/** This process, for a lease of its own. */
export function describeSelf(epoch: number, kind: HolderKind, socket: string): Holder {
  return {
    epoch,
    kind,
    host: hostname(),
    bootId: bootId(),
    pidNamespace: pidNamespace(),
    pid: process.pid,
    processStart: processStart(process.pid),
    socket,
  };
}

/**
 * What can be said for certain of another holder from here. Dead is only what is proved: the same host, boot and pid
 * namespace with no such process or one that started at another time, or the same host booted again since. A process in
 * another container or on another machine is never proved dead.
 */
export function livenessOf(holder: Holder): HolderInfo['liveness'] {
  if (holder.released === true) return 'released';
  if (holder.host !== hostname()) return 'unproved';
  const boot = bootId();
  if (holder.bootId !== null && boot !== null && holder.bootId !== boot) return 'dead';
  if (holder.bootId !== boot || holder.pidNamespace !== pidNamespace()) return 'unproved';
  if (!processExists(holder.pid)) return 'dead';
  const start = processStart(holder.pid);
  return start !== null && holder.processStart !== null && start !== holder.processStart ? 'dead' : 'alive';
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Identifies one boot of this machine; `null` where the system does not tell. */
function bootId(): string | null {
  if (process.platform === 'linux')
    return orNull(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
  if (process.platform === 'darwin')
    return orNull(() => execFileSync('sysctl', ['-n', 'kern.boottime'], { encoding: 'utf8' }));
  return null;
}

function pidNamespace(): string | null {
  return process.platform === 'linux' ? orNull(() => readlinkSync('/proc/self/ns/pid')) : null;
}

/** When a process started, in the system's own form; tells a reused pid from the process that had it before. */
function processStart(pid: number): string | null {
  if (process.platform === 'linux') {
    // Field 22 of /proc/PID/stat; the name in field 2 may hold spaces and brackets, so count from its last ")".
    return orNull(() => {
      const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    });
  }
  if (process.platform === 'darwin') {
    return orNull(() => execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }));
  }
  return null;
}

function orNull(read: () => string): string | null {
  try {
    return read().trim() || null;
  } catch {
    return null;
  }
}

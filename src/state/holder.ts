import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
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
  /** Since when it cannot reach a service, epoch milliseconds. */
  readonly offlineSince?: number;
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
  if (!processExists(holder.pid) || isDefunct(holder.pid)) return 'dead';
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

/** Whether all of a process has ended but its entry, which its parent has not looked at yet (and may never). */
function isDefunct(pid: number): boolean {
  const state = procStat(pid)?.[0];
  if (state !== 'Z' && state !== 'X') return false;
  // Its first thread is gone; another may still be inside a write.
  return orNull(() => String(readdirSync(`/proc/${String(pid)}/task`).length)) === '1';
}

/**
 * The fields of /proc/PID/stat from the third on: the name in the second may hold spaces and brackets. `null` where the
 * system has none, or where /proc shows another pid namespace than ours, in which the number is somebody else's.
 */
function procStat(pid: number): readonly string[] | null {
  if (process.platform !== 'linux') return null;
  const text = orNull(() =>
    readlinkSync('/proc/self') === String(process.pid)
      ? readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      : '',
  );
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ');
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
  if (process.platform === 'linux') return procStat(pid)?.[19] ?? null; // field 22, counted from the third
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

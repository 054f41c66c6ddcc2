import { readFileSync } from 'node:fs';

const SAMPLE_MS = 20;

let sampled = 0;

/** Looks at this process's memory from now on, where the system keeps no peak of its own. Call the result to stop. */
export function watchMemory(): () => void {
  const timer = setInterval(() => {
    sampled = Math.max(sampled, process.memoryUsage.rss());
  }, SAMPLE_MS);
  return () => {
    clearInterval(timer);
  };
}

/**
 * The most memory that this process has had, resident, in bytes: on Linux as the kernel has counted it, elsewhere the
 * most that was seen. (`resourceUsage().maxRSS` begins with the peak of the process that started this one.)
 */
export function peakBytes(): number {
  const now = Math.max(sampled, process.memoryUsage.rss());
  if (process.platform !== 'linux') return now;
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return kilobytes === undefined ? now : Number(kilobytes) * 1024;
}

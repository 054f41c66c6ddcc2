import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * The extension hosts of a server that live: one for each open window, and those of windows that are gone and may yet
 * come back. After a reload or a closed page the old one ends within a second, but where the page died, or went while its
 * host was still starting, it lives on for five minutes after the next window connects.
 *
 * @param serverPid - Process id of the server.
 * @returns Their process ids. What a host has started is not among them, even before it runs a program of its own.
 */
export async function extensionHostsOf(serverPid: number): Promise<readonly number[]> {
  const children =
    process.platform === 'linux' ? await childrenByProc(serverPid) : await childrenByPs(serverPid);
  return children.filter(({ command }) => command.includes('--type=extensionHost')).map(({ pid }) => pid);
}

interface Child {
  readonly pid: number;
  readonly command: string;
}

/** Not every Linux has `ps`. */
async function childrenByProc(parent: number): Promise<readonly Child[]> {
  const children: Child[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = await readFile(`/proc/${name}/stat`, 'utf8');
      // The parent is the second field after the program's name, which may hold spaces and parentheses.
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) !== parent) continue;
      children.push({ pid: Number(name), command: await readFile(`/proc/${name}/cmdline`, 'utf8') });
    } catch (error) {
      // It ended while it was looked at.
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return children;
}

async function childrenByPs(parent: number): Promise<readonly Child[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,args=']);
  return stdout.split('\n').flatMap((line) => {
    const [, pid, ppid, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(ppid) === parent && command !== undefined ? [{ pid: Number(pid), command }] : [];
  });
}

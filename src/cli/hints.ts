import path from 'node:path';
import type { RunStatus } from '../core/status.ts';

/** A command of this program as the person may type it in the current folder, to be about a run of this root. */
export function commandLine(root: string, ...words: readonly string[]): string {
  const inside = path.relative(root, process.cwd());
  const elsewhere = inside === '..' || inside.startsWith(`..${path.sep}`) || path.isAbsolute(inside);
  const folder = elsewhere ? ['--workspace', quoted(shortest(root))] : [];
  return [invocation(), ...words, ...folder].join(' ');
}

/** What a person may do about a run that goes no further by itself; `undefined` where there is nothing to do. */
export function nextStep(status: RunStatus, root: string, jobFile: string | undefined): string | undefined {
  const resume = (...options: readonly string[]): string =>
    commandLine(root, 'resume', status.runId, ...options);
  switch (status.state) {
    case 'waiting':
      return status.code === undefined
        ? `Send the rest:  ${resume()}`
        : `Send them all the same:  ${resume()}`;
    case 'stoppedByLimit':
      return `Raise the limit:  ${resume('--limit-usd', 'USD')}`;
    case 'needsDecision':
      return `Decide:  ${commandLine(root, 'resolve', status.runId)}`;
    case 'stopped':
      return `Go on:  ${resume()}`;
    case 'finished':
      return status.counts.ok === status.counts.total || jobFile === undefined
        ? undefined
        : `Send what is not ok again:  ${commandLine(root, 'run', quoted(shortest(path.join(root, jobFile))))}`;
    case 'planned':
    case 'running': // somebody drives it
    case 'cancelling':
      return undefined;
  }
}

/** A path as seen from the current folder where that is below it, else in full. */
export function shortest(absolute: string): string {
  const relative = path.relative(process.cwd(), absolute);
  if (relative === '') return '.';
  return relative.startsWith('..') || path.isAbsolute(relative) ? absolute : relative;
}

/** How this program was called: by its name where it is installed, else by its file. */
function invocation(): string {
  const script = process.argv[1];
  if (script === undefined || !/\.[cm]?[jt]s$/.test(script)) return 'batchbook';
  return `node ${quoted(shortest(script))}`;
}

function quoted(text: string): string {
  return /^[\p{L}\p{N}_@%+=:,./\\-]+$/u.test(text) ? text : JSON.stringify(text);
}

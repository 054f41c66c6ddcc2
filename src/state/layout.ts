import path from 'node:path';
import { StateError } from '../core/errors.ts';

/** Where everything of one run stands. */
export interface RunLayout {
  readonly dir: string;
  readonly meta: string;
  readonly plan: string;
  readonly journal: string;
  readonly results: string;
  readonly leases: string;
  readonly requests: string;
  readonly payloads: string;
  readonly torn: string;
}

/** The folder that holds all runs below a state folder (`.batchbook`, or a library's `stateFile`). */
export function runsDir(stateDir: string): string {
  return path.join(stateDir, 'runs');
}

/** Where processes take turns with something that is not about one run. */
export function turnsDir(stateDir: string, name: string): string {
  return path.join(stateDir, 'turns', name);
}

/** @throws StateError where the id could not be the name of one of our folders (it may come from a command line). */
export function runLayout(stateDir: string, runId: string): RunLayout {
  if (!/^[0-9a-z]{26}$/.test(runId)) {
    throw new StateError('state', `"${runId}" is not the id of a run. List them with: batchbook status`);
  }
  const dir = path.join(runsDir(stateDir), runId);
  return {
    dir,
    meta: path.join(dir, 'run.json'),
    plan: path.join(dir, 'plan.jsonl'),
    journal: path.join(dir, 'journal.jsonl'),
    results: path.join(dir, 'results.jsonl'),
    leases: path.join(dir, 'lease'),
    requests: path.join(dir, 'requests'),
    payloads: path.join(dir, 'payload'),
    torn: path.join(dir, 'torn'),
  };
}

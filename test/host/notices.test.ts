import assert from 'node:assert/strict';
import { EventEmitter, type Memento } from 'vscode';
import { Notices } from '../../src/host/runs/notices.ts';
import type { FailedRun } from '../../src/host/runs/windowRuns.ts';
import type { RunView } from '../../src/workspace/runWatch.ts';
import type { Workspace } from '../../src/workspace/workspace.ts';
import { Person } from '../support/person.ts';
import { shownStates } from '../support/progressRuns.ts';

const { finished } = shownStates();
const memento: Partial<Memento> = {
  get: <T>(_key: string, value?: T) => value,
  update: async () => undefined,
};

/** Two windows that look at a run, which the second one drives. */
function twoWindows(
  first: RunView,
): { readonly show: (run: RunView) => void; readonly claims: string[] } & Disposable {
  const changed = new EventEmitter<void>();
  const failed = new EventEmitter<FailedRun>();
  const claims: string[] = [];
  let run = first;
  const window = (name: string, isDriver: boolean): Notices => {
    const root: Partial<Workspace> = {
      claimTelling: async ({ epoch }) => {
        claims.push(`${name} ${String(epoch)}`);
        return claims.filter((one) => one.endsWith(` ${String(epoch)}`)).length === 1;
      },
    };
    return new Notices({
      roots: { has: () => true, at: () => root as Workspace },
      model: {
        loaded: true,
        get runs() {
          return [run];
        },
        find: () => run,
        onDidChange: changed.event,
      },
      runs: { drove: () => isDriver, onDidFail: failed.event },
      memento: memento as Memento,
      report: (error) => assert.fail(String(error)),
    });
  };
  const windows = [window('watcher', false), window('driver', true)];
  return {
    claims,
    show: (next) => {
      run = next;
      changed.fire();
    },
    [Symbol.dispose]: () => {
      for (const one of windows) one.dispose();
    },
  };
}

describe('A run that ends before two windows', () => {
  it('is told of once, by the one that drove it, and again when it was taken up and has ended again', async () => {
    assert.ok(finished);
    const ended: RunView = { ...finished.run, epoch: 1 };
    const { holder } = shownStates()['running']!.run;
    const under = (epoch: number): RunView => ({
      ...{ ...ended, holder, epoch },
      status: { ...ended.status, state: 'running' },
    });
    using windows = twoWindows(under(1));
    using person = new Person(undefined, undefined);
    for (const epoch of [1, 2]) {
      windows.show(under(epoch));
      windows.show({ ...ended, epoch });
      await until(() => windows.claims.length === 2 * epoch);
      assert.deepEqual(windows.claims.slice(-2), [`driver ${String(epoch)}`, `watcher ${String(epoch)}`]);
      assert.equal(person.asked.length, epoch);
    }
    assert.match(person.asked[0]?.text ?? '', /2,988 of 3,000 rows ok/);
  });
});

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(condition(), 'It did not come about.');
}

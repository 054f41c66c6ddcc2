import assert from 'node:assert/strict';
import { cleanUpProviders } from '../../src/host/commands/cleanUpProviders.ts';
import type { Roots } from '../../src/host/roots.ts';
import type { Artifact, Provider } from '../../src/core/provider.ts';
import type { CleanUpPlan, Leftover } from '../../src/workspace/cleanUp.ts';
import { Person } from '../support/person.ts';

const EMPTY: CleanUpPlan = {
  ofRunsHere: [],
  ofNoRunHere: [],
  stays: 0,
  spooled: { files: [], bytes: 0 },
  failures: [],
};

function leftover(id: string, bytes: number): Leftover {
  return { provider: 'openai', title: 'OpenAI', artifact: { id, kind: 'upload', nonce: id, bytes } };
}

/** A window with a root for each plan, whose provider remembers what it was told to delete. */
function windowOf(...plans: readonly CleanUpPlan[]): { readonly roots: Roots; readonly deleted: string[] } {
  const deleted: string[] = [];
  const provider = {
    deleteArtifact: ({ id }: Artifact) => {
      deleted.push(id);
      return Promise.resolve();
    },
  } as Partial<Provider> as Provider;
  const registry = { providerNamed: () => Promise.resolve(provider) };
  const all = plans.map((plan) => ({ planCleanUp: () => Promise.resolve(plan), registry }));
  return { roots: { all: () => Promise.resolve(all) } as unknown as Roots, deleted };
}

describe('Clean Up Provider Files', () => {
  it('shows what there is, with its size, and removes only what is chosen', async () => {
    const plan = {
      ...EMPTY,
      ofRunsHere: [leftover('file-1', 1_200_000), leftover('file-2', 300)],
      ofNoRunHere: [leftover('file-9', 500)],
    };
    const { roots, deleted } = windowOf(plan);
    using person = new Person('OpenAI');
    await cleanUpProviders(roots);
    assert.deepEqual(person.asked.at(-1)?.choices, [
      'OpenAI | 2 of finished batches, 1.2 MB',
      'OpenAI | 1 of no run in this window, 500 B',
    ]);
    assert.deepEqual(deleted, ['file-1', 'file-2']);
    assert.deepEqual(person.told, ['Removed 2 files and batches, 1.2 MB.']);
  });

  it('removes nothing where nothing was chosen, and takes for nobody’s what another folder of the window knows', async () => {
    const { roots, deleted } = windowOf(
      { ...EMPTY, ofNoRunHere: [leftover('file-1', 10)] },
      { ...EMPTY, ofRunsHere: [leftover('file-1', 10)] },
    );
    using person = new Person(undefined);
    await cleanUpProviders(roots);
    assert.deepEqual(person.asked.at(-1)?.choices, ['OpenAI | 1 of finished batches, 10 B']);
    assert.deepEqual(deleted, []);
  });

  it('says that there is nothing, and which provider could not be asked', async () => {
    const { roots } = windowOf({ ...EMPTY, failures: ['Anthropic does not take this key.'] });
    using person = new Person();
    await cleanUpProviders(roots);
    assert.deepEqual(person.told, [
      'Not every provider could be asked: Anthropic does not take this key.',
      'Finished batches have left nothing at the providers.',
    ]);
  });
});

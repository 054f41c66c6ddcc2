import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { mutations } from '../../fuzz/mutations.ts';
import { TARGETS, type Target } from '../../fuzz/targets.ts';

const CORPUS = path.resolve(import.meta.dirname, '../../fixtures/fuzz');
const RANDOM_TEXTS = 150;

describe('What others have written, spoilt', function () {
  this.timeout(60_000);

  for (const [name, make] of Object.entries(TARGETS))
    describe(name, () => {
      let target: Target;
      before(async () => {
        target = await make();
      });
      after(() => target[Symbol.asyncDispose]());

      it('is read to the end or refused in words: every text of the corpus', async () => {
        for (const file of await readdir(CORPUS)) {
          const found = JSON.parse(await readFile(path.join(CORPUS, file), 'utf8')) as {
            readonly target: string;
            readonly sample: number;
            readonly text: string;
          };
          if (found.target === name) await target.check(found.text, found.sample);
        }
      });

      it('and others at random, always the same', () =>
        fc.assert(
          fc.asyncProperty(fc.nat(target.samples.length - 1), mutations, (sample, mutate) =>
            Promise.resolve(target.check(mutate(target.samples[sample] ?? ''), sample)),
          ),
          { seed: 1, numRuns: RANDOM_TEXTS },
        ));
    });
});

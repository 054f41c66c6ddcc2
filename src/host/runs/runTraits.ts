import type { RunView } from '../../workspace/runWatch.ts';
import type { RunTrait } from '../contributions.ts';

/** What can be done with a run, for menus and for the choice that commands offer. */
export function traitsOf(run: RunView): readonly RunTrait[] {
  return (Object.keys(TRAITS) as RunTrait[]).filter((trait) => TRAITS[trait](run));
}

export function hasTrait(run: RunView, trait: RunTrait): boolean {
  return TRAITS[trait](run);
}

const TRAITS: { readonly [Trait in RunTrait]: (run: RunView) => boolean } = {
  undecided: ({ status }) =>
    ['needsDecision', 'waiting', 'stoppedByLimit'].includes(status.state) ||
    status.costUsd.unconfirmed > 0 ||
    status.batches.some(({ state, late }) => state === 'uncertain' || late === true),
  resumable: (run) => isOpen(run) && run.holder === undefined && run.status.state !== 'needsDecision',
  results: ({ status }) => status.completed > 0,
  driven: ({ holder }) => holder !== undefined,
  open: (run) => isOpen(run),
  failed: (run) => run.confirmed && run.holder === undefined && notOk(run) > 0,
  jobFile: ({ jobFile }) => jobFile !== undefined,
  confirmed: ({ confirmed }) => confirmed,
  deletable: (run) => !isOpen(run) && run.holder === undefined,
};

/** Whether more may happen in the run: a person agreed to it and it has not finished. */
export function isOpen({ confirmed, status }: RunView): boolean {
  return confirmed && status.state !== 'finished';
}

/** Rows that have ended otherwise than ok. */
export function notOk({ status }: RunView): number {
  return status.completed - status.counts.ok;
}

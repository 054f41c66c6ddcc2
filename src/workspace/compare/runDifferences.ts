import { isDeepStrictEqual } from 'node:util';
import type { RequestParameters } from '../../core/job.ts';
import type { RunMeta } from '../../core/stateManager.ts';
import { parseJsonc } from '../../jobfile/syntax.ts';
import { own } from './canonical.ts';

/** What two runs were asked differently, and what it is in each where that can be said in a word. */
export interface RunDifference {
  readonly of: DifferingPart;
  readonly a: string | undefined;
  readonly b: string | undefined;
}

type DifferingPart =
  | 'model'
  | 'prompt'
  | 'schema'
  | 'system'
  | Exclude<keyof RequestParameters, 'model' | 'responseSchema' | 'system' | 'cache' | 'echo'>;

type Asked = Readonly<Record<DifferingPart, unknown>>;

/** In the order of how much they are likely to change. */
const PARTS: readonly DifferingPart[] = [
  ...(['model', 'prompt', 'system', 'schema'] as const),
  ...(['effort', 'temperature', 'maxTokens', 'enableCitations'] as const),
];

/** What was asked differently in a cell that both runs have, or in any. What no answer depends on is left out. */
export function runDifferences(a: RunMeta, b: RunMeta, cell: string | undefined): readonly RunDifference[] {
  const [askedA, askedB] = [askedIn(a), askedIn(b)];
  const ids = [...askedA.keys()].filter((id) => askedB.has(id) && (cell === undefined || id === cell));
  return PARTS.flatMap((of) => {
    const id = ids.find((one) => !isDeepStrictEqual(askedA.get(one)?.[of], askedB.get(one)?.[of]));
    if (id === undefined) return [];
    return [{ of, a: wordOf(askedA.get(id)?.[of]), b: wordOf(askedB.get(id)?.[of]) }];
  });
}

function askedIn({ cells, jobFile }: RunMeta): ReadonlyMap<string, Asked> {
  const prompts = promptsIn(jobFile?.text);
  return new Map(
    cells.map(({ id, parameters }) => {
      const { model, system, responseSchema, effort, temperature, maxTokens, enableCitations } = parameters;
      return [
        id,
        {
          ...{ model, prompt: prompts.get(id), system, schema: responseSchema, effort, temperature },
          ...{ maxTokens, enableCitations: enableCitations === true },
        },
      ];
    }),
  );
}

/** What each cell of a job file says to the model. */
function promptsIn(text: string | undefined): ReadonlyMap<unknown, unknown> {
  const parsed = text === undefined ? undefined : parseJsonc(text);
  const cells: unknown = parsed?.ok === true ? own(parsed.value, 'cells') : undefined;
  return new Map(
    Array.isArray(cells)
      ? cells.map((cell: unknown) => [own(cell, 'id'), [own(cell, 'prompt'), own(cell, 'messages')]])
      : [],
  );
}

function wordOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.length > 100 ? undefined : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

import type { CompletionSource } from '@codemirror/autocomplete';

/** What a prompt may name, with what it stands for in the first row. */
export interface Variable {
  readonly name: string;
  readonly example?: string;
}

/** The variables of a row, within `{{` or where they are asked for. */
export function variableCompletions(variables: () => readonly Variable[]): CompletionSource {
  return (context) => {
    const { explicit, pos, state } = context;
    const begun = context.matchBefore(/\{\{[^{}\n]*$/);
    if (begun === null && !explicit) return null;
    const rest = /^[\w. ]*(?:\}\})?/.exec(state.doc.sliceString(pos, pos + 80))?.[0] ?? '';
    return {
      from: begun?.from ?? pos,
      to: begun === null ? pos : pos + rest.length,
      filter: false,
      options: variables()
        .filter(({ name }) =>
          name.toLowerCase().includes((begun?.text ?? '{{').slice(2).trim().toLowerCase()),
        )
        .map(({ name, example }) => ({
          label: `{{${name}}}`,
          type: 'variable',
          ...(example === undefined ? {} : { detail: example }),
        })),
    };
  };
}

import { costLines, count, number, safeText, secretLines, sendingLines, shorten } from './planText.ts';
import type { CellPrompt, RestOfRun } from './restOfRun.ts';

/** Characters shown of each prompt and instruction. */
const SHOWN_PROMPT = 600;
const INDENT = ' '.repeat(10);

/**
 * What a run that came with its folder would send, where to, and what that may cost: the text that the person agrees to,
 * in window and terminal alike.
 * @param shown Sources named at most.
 */
export function describeRest(rest: RestOfRun, shown?: number): string {
  const { meta, summary } = rest;
  return safeText([
    `${meta.title}${meta.jobFile === undefined ? '' : ` (${meta.jobFile.path})`}, run ${meta.runId}`,
    '  This run came with its folder, or the folder was moved: nobody has agreed to it here, on this machine.',
    ...secretLines(rest.likelySecrets, 'start another run to leave some out'),
    `  Rows    ${describeRows(rest)}`,
    ...(summary.rowsToSend === 0
      ? []
      : [
          ...sendingLines(summary, rest.sources, shown),
          ...costLines(summary, rest.limitNanoUsd, rest.spentNanoUsd),
        ]),
    ...rest.prompts.flatMap(describePrompt),
    ...describeUnsendable(rest, shown),
  ]);
}

function describeRows({ summary, atService, ended }: RestOfRun): string {
  const { rowsToSend, pilot } = summary;
  const first = pilot > 0 && pilot < rowsToSend ? `, ${number(pilot)} of them first as a pilot` : '';
  const there =
    atService === 0 ? '' : `, plus ${number(atService)} at the service (sent again only should that fail)`;
  return `${number(rowsToSend - atService)} to send${first}${there}; ${number(ended)} have ended`;
}

function describePrompt({ cell, system, text }: CellPrompt): string[] {
  return [
    ...(system === undefined ? [] : cut(`  System  ${cell}: `, system)),
    ...cut(`  Prompt  ${cell}: `, text),
  ];
}

/** Long texts are cut: they came with the folder, and hold nothing of this machine. */
function cut(head: string, text: string): string[] {
  const characters = Array.from(text);
  const rest = characters.length - SHOWN_PROMPT;
  const lines = characters.slice(0, SHOWN_PROMPT).join('').split('\n');
  return [
    ...lines.map((line, i) => (i === 0 ? head : INDENT) + line),
    ...(rest > 0 ? [`${INDENT}and ${count(rest, 'character')} more`] : []),
  ];
}

function describeUnsendable({ unsendable }: RestOfRun, shown: number | undefined): string[] {
  if (unsendable.length === 0) return [];
  return [
    `  Not sent: ${count(unsendable.length, 'row')}`,
    ...shorten(
      unsendable.map(({ source, why }) => `            ${source}  ${why}`),
      shown,
    ),
  ];
}

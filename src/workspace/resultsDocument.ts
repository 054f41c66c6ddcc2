import { hasEnded, jobResultOf, type ResultSource } from '../core/assembleResult.ts';
import { isBatchbookError } from '../core/errors.ts';
import type { JobResult } from '../core/job.ts';
import { ROW_OUTCOMES } from '../core/vocabulary.ts';

/** Where a document of results ends, so that an editor can show it. */
export interface DocumentCaps {
  readonly maxRows: number;
  /** Characters of all answers together. */
  readonly maxCharacters: number;
}

/**
 * The results of a run as one Markdown document, piece by piece: a heading for each row that has ended, then its answer,
 * or why there is none. Headings inside an answer are moved below the row's own, so that no answer can pass for another
 * row.
 */
export function* resultsDocument(run: ResultSource, caps?: DocumentCaps): Generator<string> {
  const { rows } = run.ledger;
  const counts = ROW_OUTCOMES.map((outcome) => {
    const n = rows.filter(({ status }) => status === outcome).length;
    return n === 0 ? [] : [`${String(n)} ${outcome}`];
  }).flat();
  yield `# ${oneLine(run.meta.title)}\n\n${String(rows.length)} rows: ${counts.join(', ') || 'none has ended yet'}.\n`;
  let [shown, characters] = [0, 0];
  for (const [ordinal, { planned, status }] of rows.entries()) {
    if (!hasEnded(status)) continue;
    if (caps !== undefined && (shown >= caps.maxRows || characters >= caps.maxCharacters)) {
      const more = rows.filter((row) => hasEnded(row.status)).length - shown;
      yield `\n---\n\n*${String(more)} more rows: export the results to see them all.*\n`;
      return;
    }
    const body = bodyOf(run, ordinal);
    yield `\n## ${oneLine(planned.source || planned.id)}\n\n${body}\n`;
    shown += 1;
    characters += body.length;
  }
}

function bodyOf(run: ResultSource, ordinal: number): string {
  try {
    return textOf(jobResultOf(run, ordinal));
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    return `*${error.userMessage}*`; // its bytes were changed on disk: the others still show
  }
}

function textOf(result: JobResult): string {
  const response = result.response?.trim() ?? '';
  const answer = result.parsedResponse === undefined ? lowerHeadings(response) : fenced(response);
  if (result.status === 'ok') return answer;
  const why = oneLine(result.error?.message ?? result.stopReason ?? '');
  const head = `*${result.status}${why === '' ? '' : `: ${why}`}*`;
  return answer === '' ? head : `${head}\n\n${answer}`;
}

/** `# A` becomes `### A`, and an underlined heading a paragraph; what stands in a code block stays as it is. */
function lowerHeadings(text: string): string {
  let fence: string | undefined;
  return text
    .split('\n')
    .map((line) => {
      const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
      if (fence !== undefined) {
        if (mark?.startsWith(fence) === true && line.trim() === mark) fence = undefined;
        return line;
      }
      if (mark !== undefined) fence = mark;
      if (/^ {0,3}(?:=+|-+)\s*$/.test(line)) return `\\${line.trimStart()}`;
      return line.replace(/^ {0,3}(#{1,6})(?=\s|$)/, (_, marks: string) =>
        '#'.repeat(Math.min(6, marks.length + 2)),
      );
    })
    .join('\n')
    .concat(fence === undefined ? '' : `\n${fence}`);
}

/** JSON in a code block whose fence is longer than any run of backticks in it. */
function fenced(json: string): string {
  const longest = Math.max(2, ...[...json.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}json\n${json}\n${fence}`;
}

/** Text of somebody else's on one line, without what Markdown would read in it. */
function oneLine(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .trim()
    .replaceAll(/[\\`*_[\]<>#|~]/g, '\\$&');
}

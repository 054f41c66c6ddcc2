import type { Problem } from '../core/errors.ts';
import { formatJsonPath, JobFileRanges, type JsonPath } from './ranges.ts';
import { freeId } from './ids.ts';
import { jobFileSchema, type Cell, type JobFile } from './schema.ts';
import { schemaProblems } from './schemaProblems.ts';
import { parseJsonc } from './syntax.ts';
import { parseTemplate } from './templates.ts';

export type ParsedJobFile =
  | {
      readonly ok: true;
      readonly jobFile: JobFile;
      readonly ranges: JobFileRanges;
      /** What is allowed but hardly meant. */
      readonly warnings: readonly Problem[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads a job file: JSON with comments and trailing commas. All problems of a stage are reported at once, each with JSON
 * path and range. Never throws, whatever the text.
 *
 * @param text The file's text; a byte order mark is skipped, and ranges count from after it.
 * @param fileName How problems name the file.
 */
export function parseJobFile(text: string, fileName: string): ParsedJobFile {
  const syntax = parseJsonc(text);
  if (!syntax.ok) {
    const problems = syntax.problems.map(({ message, path, range }): Problem => {
      return { severity: 'error', message, file: fileName, path: formatJsonPath(path), range };
    });
    return { ok: false, problems };
  }
  const ranges = new JobFileRanges(syntax.text, syntax.root);
  const parsed = jobFileSchema.safeParse(syntax.value);
  if (!parsed.success) {
    const found = schemaProblems(parsed.error, syntax.value);
    const problems = found.map(({ path, at, message, nearest }): Problem => {
      const range = at === 'key' ? ranges.key(path) : ranges.value(path);
      const problem: Problem = {
        severity: 'error',
        message,
        file: fileName,
        path: formatJsonPath(path),
        range,
      };
      return nearest === undefined ? problem : useInstead(problem, nearest, JSON.stringify(nearest));
    });
    return { ok: false, problems };
  }
  const found = [...duplicateIds(parsed.data), ...parsed.data.cells.flatMap(cellFindings)];
  const problems = found.map(({ severity, path, message, span, instead }): Problem => {
    const range = span === undefined ? ranges.value(path) : ranges.inString(path, span.start, span.end);
    const problem: Problem = { severity, message, file: fileName, path: formatJsonPath(path), range };
    if (instead === undefined) return problem;
    // Within a string only what is written there as it is: names of variables are.
    return useInstead(problem, instead, span === undefined ? JSON.stringify(instead) : instead);
  });
  if (problems.some((problem) => problem.severity === 'error')) return { ok: false, problems };
  return { ok: true, jobFile: parsed.data, ranges, warnings: problems };
}

interface Finding {
  readonly severity: Problem['severity'];
  readonly path: JsonPath;
  readonly message: string;
  readonly span?: { readonly start: number; readonly end: number };
  /** What is likely meant, or free. */
  readonly instead?: string;
}

/** @param text What stands at the problem's place then, as it is written in the file. */
function useInstead(problem: Problem, what: string, text: string): Problem {
  return { ...problem, fixes: [{ title: `Use ${what}`, range: problem.range, text }] };
}

function duplicateIds(jobFile: JobFile): Finding[] {
  const first = new Map<string, number>();
  return jobFile.cells.flatMap((cell, index): Finding[] => {
    if (cell.id === undefined) return [];
    const earlier = first.get(cell.id);
    first.set(cell.id, earlier ?? index);
    if (earlier === undefined) return [];
    const message = `Cells ${String(earlier + 1)} and ${String(index + 1)} both have the id "${cell.id}". Give one of them another.`;
    const instead = freeId(cell.id, new Set(jobFile.cells.flatMap(({ id }) => id ?? [])));
    return [{ severity: 'error', path: ['cells', index, 'id'], message, instead }];
  });
}

function cellFindings(cell: Cell, index: number): Finding[] {
  if (cell.kind === 'markdown') return [];
  const at = (...keys: readonly (string | number)[]): JsonPath => ['cells', index, ...keys];
  const findings: Finding[] = [];
  if (cell.responseSchema !== undefined && cell.responseSchemaFile !== undefined) {
    findings.push({
      severity: 'error',
      path: at('responseSchemaFile'),
      message: 'The cell has both "responseSchema" and "responseSchemaFile". Remove one of the two.',
    });
  }
  const addTemplate = (key: 'prompt' | 'output', text: string): void => {
    for (const { message, start, end, nearest } of parseTemplate(text, cell.kind, key === 'output').issues)
      findings.push({
        severity: 'error',
        path: at(key),
        message,
        span: { start, end },
        ...(nearest === undefined ? {} : { instead: `{{${nearest}}}` }),
      });
  };
  if (cell.kind !== 'messages') addTemplate('prompt', cell.prompt);
  if (typeof cell.output === 'string') addTemplate('output', cell.output);
  if (cell.system !== undefined) findings.push(...unfilled(at('system'), cell.system));
  if (cell.kind === 'messages')
    cell.messages.forEach(({ content }, i) =>
      findings.push(...unfilled(at('messages', i, 'content'), content)),
    );
  return findings;
}

/** A variable where none is filled in is sent as it stands, which is hardly meant. */
function unfilled(path: JsonPath, text: string): Finding[] {
  return [...text.matchAll(/\{\{\s*(?:file|row|cell|run)\s*[.[][^{}]*\}\}/g)].map((match) => ({
    severity: 'warning' as const,
    path,
    message: `Variables are filled in "prompt" and "output" only; ${match[0]} is sent as it stands.`,
    span: { start: match.index, end: match.index + match[0].length },
  }));
}

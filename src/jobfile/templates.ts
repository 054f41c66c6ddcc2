import { ValidationError } from '../core/errors.ts';
import { didYouMean, nearest } from '../core/nearest.ts';

/** Which row a template is filled for, and so which variables it may name. */
export type TemplateScope = 'files' | 'rows' | 'messages';
export const FILE_FIELDS = ['name', 'path', 'dir', 'stem', 'ext'] as const;
export type FileField = (typeof FILE_FIELDS)[number];

export type TemplateVariable =
  | { readonly of: 'file'; readonly field: FileField }
  | { readonly of: 'row'; readonly column: string }
  | { readonly of: 'cell' }
  | { readonly of: 'run' };

export type TemplatePart = string | TemplateVariable;

/** A part of a template that cannot be filled. Offsets count UTF-16 units of the decoded string. */
export interface TemplateIssue {
  readonly message: string;
  readonly start: number;
  readonly end: number;
  /** The variable that is likely meant. */
  readonly nearest?: string;
}

export interface ParsedTemplate {
  readonly parts: readonly TemplatePart[];
  readonly issues: readonly TemplateIssue[];
}

/** What the variables of one row stand for. */
export interface TemplateValues {
  readonly cellId: string;
  /** Path of the file, relative to the root, with `/`. */
  readonly filePath?: string;
  /** The value in a column of the data row; `undefined` where the row has no such column. */
  readonly column?: (name: string) => string | undefined;
  readonly runId?: string;
}

const TOKEN =
  /\\\{\{|\{\{\s*row\s*\[\s*(?<quoted>"(?:[^"\\]|\\.)*")\s*\]\s*\}\}|\{\{(?<plain>(?:(?!\{\{|\}\}).)*)\}\}|\{\{/gsu;

/**
 * Splits a template into text and variables. `{{row.First Name}}` reaches any column; `{{row["a }} b"]}}` those with
 * braces or spaces at the ends; `\{{` is a literal `{{`.
 *
 * @param scope What the template is filled for.
 * @param inOutput True for `output`, the only place where `{{run.id}}` is known.
 */
export function parseTemplate(text: string, scope: TemplateScope, inOutput = false): ParsedTemplate {
  const parts: TemplatePart[] = [];
  const issues: TemplateIssue[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > end) parts.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    const { quoted, plain } = match.groups ?? {};
    const part = tokenPart(match[0], quoted, plain, scope, inOutput);
    if ('message' in part) issues.push({ ...part, start: match.index, end });
    else parts.push(part.part);
  }
  if (end < text.length) parts.push(text.slice(end));
  return { parts, issues };
}

type TokenPart = { readonly part: TemplatePart } | Pick<TemplateIssue, 'message' | 'nearest'>;

function tokenPart(
  token: string,
  quoted: string | undefined,
  plain: string | undefined,
  scope: TemplateScope,
  inOutput: boolean,
): TokenPart {
  if (token.startsWith('\\')) return { part: '{{' };
  if (quoted !== undefined) {
    const column = parseQuoted(quoted);
    return column === undefined
      ? { message: `${quoted} is not a string as JSON writes it.` }
      : rowVariable(column, token, scope);
  }
  if (plain === undefined) {
    return {
      message: 'This "{{" is not closed by "}}". Write "\\{{" for a literal "{{" (in JSON "\\\\{{").',
    };
  }
  const name = plain.trim();
  if (name.startsWith('row.')) return rowVariable(name.slice('row.'.length).trim(), token, scope);
  const field = FILE_FIELDS.find((f) => name === `file.${f}`);
  if (field !== undefined && scope === 'files') return { part: { of: 'file', field } };
  if (name === 'cell.id') return { part: { of: 'cell' } };
  if (name === 'run.id' && inOutput) return { part: { of: 'run' } };
  return unknownVariable(name, scope, inOutput, field !== undefined);
}

function rowVariable(column: string, token: string, scope: TemplateScope): TokenPart {
  if (scope !== 'rows')
    return { message: `${token} stands for a column, and only cells of kind "rows" have columns.` };
  if (column === '') return { message: `${token} names no column.` };
  return { part: { of: 'row', column: column.normalize('NFC') } };
}

/** Variables that a template may name, but for the columns of a table. */
export function variablesOf(scope: TemplateScope, inOutput: boolean): readonly string[] {
  return [
    ...(scope === 'files' ? FILE_FIELDS.map((field) => `file.${field}`) : []),
    'cell.id',
    ...(inOutput ? ['run.id'] : []),
  ];
}

function unknownVariable(
  name: string,
  scope: TemplateScope,
  inOutput: boolean,
  isFile: boolean,
): Pick<TemplateIssue, 'message' | 'nearest'> {
  if (isFile) return { message: `{{${name}}} stands for a file, and only cells of kind "files" have files.` };
  if (name === 'run.id')
    return {
      message: '{{run.id}} is known in "output" only, so that equal prompts stay equal from run to run.',
    };
  const known = variablesOf(scope, inOutput);
  const all = scope === 'rows' ? [...known, 'row.<column>'] : known;
  const meant = nearest(name, known);
  const message = `There is no variable {{${name}}} here.${didYouMean(name, known)} Known: ${all.join(', ')}. Write "\\{{" for a literal "{{" (in JSON "\\\\{{").`;
  return meant === undefined ? { message } : { message, nearest: meant };
}

function parseQuoted(quoted: string): string | undefined {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return undefined;
  }
}

/**
 * Fills a template. Values are put in as they are and never looked at again, so that a value with `{{` in it does
 * nothing.
 *
 * @param shape Changes every value before it is put in, as `output` does.
 * @throws ValidationError where a row lacks the column, with its name.
 */
export function renderTemplate(
  parts: readonly TemplatePart[],
  values: TemplateValues,
  shape: (value: string, variable: TemplateVariable) => string = (value) => value,
): string {
  return parts.map((part) => (typeof part === 'string' ? part : shape(valueOf(part, values), part))).join('');
}

/** Columns that a template names, each once. */
export function columnsOf(parts: readonly TemplatePart[]): readonly string[] {
  const columns = parts.flatMap((part) =>
    typeof part !== 'string' && part.of === 'row' ? [part.column] : [],
  );
  return [...new Set(columns)];
}

function valueOf(variable: TemplateVariable, values: TemplateValues): string {
  switch (variable.of) {
    case 'cell':
      return values.cellId;
    case 'run':
      return values.runId ?? '';
    case 'file':
      return fileField(values.filePath ?? '', variable.field);
    case 'row': {
      const value = values.column?.(variable.column);
      if (value === undefined)
        throw new ValidationError('validation', `The row has no column "${variable.column}".`);
      return value;
    }
  }
}

/** A part of a path: of `docs/a.b.md`, name `a.b.md`, dir `docs` (`.` at the root), stem `a.b`, ext `md`. */
function fileField(path: string, field: FileField): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  switch (field) {
    case 'path':
      return path;
    case 'name':
      return name;
    case 'dir':
      return path.length === name.length ? '.' : path.slice(0, path.length - name.length - 1);
    case 'stem':
      return dot > 0 ? name.slice(0, dot) : name;
    case 'ext':
      return dot > 0 ? name.slice(dot + 1) : '';
  }
}

import path from 'node:path';
import { hashDigits } from './ids.ts';
import type { RequestCell } from './schema.ts';
import { parseTemplate, renderTemplate, type TemplateValues } from './templates.ts';

/** Above this many rows a run writes no file per row unless a cell asks for it. */
export const DEFAULT_OUTPUT_ROWS = 5000;

/** Longest part of a name that comes from a value, in bytes of UTF-8. */
const MAX_VALUE_BYTES = 120;
/** What the common file systems take. */
const MAX_NAME_BYTES = 255;

const RESERVED = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\..*)?$/iu;
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u;
// eslint-disable-next-line no-control-regex -- as above, with the separators and what Windows forbids
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069/\\:*?"<>|]/gu;

/** What all outputs of a run share. */
export interface OutputSettings {
  /** Relative to the root. */
  readonly resultsDir: string;
  readonly runId: string;
  /** Rows of the run, which decide whether the default is off. */
  readonly rows: number;
}

/**
 * Where a row's answer goes, relative to the root, or `undefined` for nowhere. The path is not checked yet.
 * @param key Path of the file or key of the data row.
 * @throws ValidationError where the row lacks a column that the template names.
 */
export function outputPath(
  cell: RequestCell,
  key: string,
  values: TemplateValues,
  settings: OutputSettings,
): string | undefined {
  const { output } = cell;
  if (output === false) return undefined;
  if (output === undefined && settings.rows > DEFAULT_OUTPUT_ROWS) return undefined;
  if (output === undefined || output === 'each') {
    const steps = (cell.kind === 'files' ? key.split('/') : [key]).map(distinctSegment);
    return clean(`${settings.resultsDir}/${cell.id}/${steps.join('/')}.json`);
  }
  const { parts } = parseTemplate(output, cell.kind, true);
  const rendered = renderTemplate(parts, { ...values, runId: settings.runId }, (value, variable) =>
    variable.of === 'file' && (variable.field === 'path' || variable.field === 'dir')
      ? value
      : safeSegment(value),
  );
  return clean(rendered);
}

/** `./a//b/./c` as `a/b/c`. What leads up stays, to be refused. */
function clean(rendered: string): string {
  return path.posix.normalize(rendered.normalize('NFC'));
}

/** A value as a part of one name that every platform can hold: no separators, reserved names or dots at the ends. */
export function safeSegment(value: string): string {
  let name = value.toWellFormed().normalize('NFC').replace(UNSAFE, '_');
  name = name.replace(/^[. ]+/, (dots) => '_'.repeat(dots.length));
  name = name.replace(/[. ]+$/, (dots) => '_'.repeat(dots.length));
  if (name === '' || RESERVED.test(name)) name = `_${name}`;
  if (Buffer.byteLength(name) <= MAX_VALUE_BYTES) return name;
  const hash = hashDigits(value, 10);
  return `${cutToBytes(name, MAX_VALUE_BYTES - hash.length - 1)}-${hash}`;
}

/** As `safeSegment`, with a hash wherever something was replaced, so that different values stay different. */
function distinctSegment(value: string): string {
  const name = safeSegment(value);
  return name === value.normalize('NFC') ? name : `${name}-${hashDigits(value, 10)}`;
}

function cutToBytes(text: string, most: number): string {
  let result = '';
  let bytes = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > most) break;
    result += character;
  }
  return result;
}

/** Why nothing is ever written to a path, judged by its text alone and alike on every platform; else `undefined`. */
export function refusedOutput(file: string): string | undefined {
  if (file.endsWith('/') || file === '.') return 'names a folder, not a file';
  if (file.includes('\\')) return 'has a backslash. Folders are separated by "/"';
  for (const step of file.split('/')) {
    if (step.startsWith('.') && step !== '..')
      return `has "${step}": nothing is written to names with a leading dot`;
    if (step.toLowerCase() === 'node_modules') return 'is in node_modules, where nothing is written';
    if (CONTROL.test(step)) return 'has a control character';
    if (RESERVED.test(step)) return `has "${step}", a name that Windows reserves`;
    if (step !== '..' && /[. ]$/.test(step)) return `has "${step}", a name that ends in a dot or a space`;
    if (Buffer.byteLength(step) > MAX_NAME_BYTES) return 'has a name of more than 255 bytes';
  }
  return undefined;
}

/** Equal for paths that some file system holds to be the same. */
export function foldPath(file: string): string {
  return file.normalize('NFC').toLowerCase();
}

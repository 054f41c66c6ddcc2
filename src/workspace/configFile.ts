import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describeCause } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import { parseJsonc } from '../jobfile/syntax.ts';
import type { ProviderSettings } from '../providers/configured/configure.ts';
import type { Environment } from '../providers/services.ts';

/** Names the file that the command line takes instead of the usual one. */
const VARIABLE = 'BATCHBOOK_CONFIG';
const KEYS: readonly string[] = ['providers', 'models', 'keepProviderFiles'];

/** The command line's configuration file, read. */
export interface ConfigFile {
  /** As it was looked for, absolute unless somebody has named it otherwise. */
  readonly path: string;
  readonly isThere: boolean;
  readonly settings: ProviderSettings;
}

/** The person's own place for such files, on a machine of this kind. */
export interface Home {
  readonly platform: NodeJS.Platform;
  /** Absolute. */
  readonly folder: string;
}

/**
 * Reads the configuration file: JSON with comments, `{"providers": {…}, "models": {…}}` as the settings of the extension.
 * It is where `BATCHBOOK_CONFIG` says, else in the person's own folder for such files; never is one looked for in a
 * workspace, which may be anybody's.
 *
 * Never throws: where it cannot be read, the settings say so, and only what is free can be used.
 */
export async function readConfigFile(
  env: Environment,
  home: Home = { platform: process.platform, folder: os.homedir() },
): Promise<ConfigFile> {
  const named = env[VARIABLE]?.trim() ?? '';
  const file = named === '' ? usualPath(env, home) : named;
  const setBy = { providers: `"providers" of ${file}`, models: `"models" of ${file}` };
  const unreadable = (why: string): ConfigFile => ({
    path: file,
    isThere: true,
    settings: { setBy, unreadable: `The configuration file ${file} ${why}` },
  });
  if (!path.isAbsolute(file))
    return unreadable(
      `is named by ${VARIABLE} from the current folder on, which may be anybody's. Name it in full.`,
    );
  try {
    const read = sectionsIn(await readFile(file, 'utf8'));
    return typeof read === 'string'
      ? unreadable(read)
      : { path: file, isThere: true, settings: { ...read, setBy } };
  } catch (error) {
    const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (isGone && named === '') return { path: file, isThere: false, settings: { setBy } };
    return unreadable(
      isGone ? `is named by ${VARIABLE} and is not there.` : `cannot be read: ${describeCause(error)}.`,
    );
  }
}

/** By the XDG Base Directory Specification, which ignores a folder that is named relatively; on Windows in AppData. */
function usualPath(env: Environment, { platform, folder }: Home): string {
  const windows = platform === 'win32';
  const given = (windows ? env['APPDATA'] : env['XDG_CONFIG_HOME']) ?? '';
  const usual = windows ? path.join(folder, 'AppData', 'Roaming') : path.join(folder, '.config');
  return path.join(path.isAbsolute(given) ? given : usual, 'batchbook', 'config.json');
}

/** What the file's text says, or what is wrong with it as the end of a sentence. */
function sectionsIn(
  text: string,
): Pick<ProviderSettings, 'providers' | 'models' | 'keepProviderFiles'> | string {
  const parsed = parseJsonc(text);
  if (!parsed.ok) {
    const [problem] = parsed.problems;
    const at = problem === undefined ? '' : ` in line ${String(problem.range.line)}: ${problem.message}`;
    return `is no JSON${at}`;
  }
  const { value } = parsed;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'must hold an object: { "providers": { … }, "models": { … } }';
  const unknown = Object.keys(value).find((key) => !KEYS.includes(key));
  if (unknown !== undefined)
    return `has the unknown key "${unknown}".${didYouMean(unknown, KEYS) || ` It may have: ${KEYS.join(', ')}.`}`;
  const { keepProviderFiles: keep } = value as { readonly keepProviderFiles?: unknown };
  if (keep !== undefined && typeof keep !== 'boolean')
    return 'has "keepProviderFiles", which is true or false, as something else.';
  return value;
}

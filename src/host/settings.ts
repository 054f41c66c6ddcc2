import { workspace, type Uri } from 'vscode';
import { SETTING_SCOPES, type Settings } from './contributions.ts';

/** Reads a setting; `scope` is the folder or file that it is about. */
export type ReadSettings = <K extends keyof Settings>(key: K, scope?: Uri) => Settings[K];

/**
 * Settings as they are now. Of those with scope `machine` only the person's own value counts: VS Code hides what a
 * workspace says of them, and here it is not even looked at.
 */
export const readSetting: ReadSettings = <K extends keyof Settings>(key: K, scope?: Uri): Settings[K] => {
  const found = workspace.getConfiguration('batchbook', scope ?? null);
  const value = found.get<Settings[K]>(key);
  if (SETTING_SCOPES[key] === 'window') return value as Settings[K];
  const inspected = found.inspect<Settings[K]>(key);
  return (inspected?.globalValue ?? inspected?.defaultValue) as Settings[K];
};

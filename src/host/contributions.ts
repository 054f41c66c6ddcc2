/** Every command that package.json contributes. */
export const COMMAND_IDS = [
  'batchbook.summarize',
  'batchbook.runPrompt',
  'batchbook.run',
  'batchbook.runCell',
  'batchbook.runPilot',
  'batchbook.runAll',
  'batchbook.resume',
  'batchbook.stop',
  'batchbook.cancelAtProvider',
  'batchbook.rerunFailed',
  'batchbook.setLimit',
  'batchbook.resolve',
  'batchbook.decideBatch',
  'batchbook.takeOverBatch',
  'batchbook.deleteRun',
  'batchbook.showProgress',
  'batchbook.openResults',
  'batchbook.openResultsAsText',
  'batchbook.openRow',
  'batchbook.showSent',
  'batchbook.compareRuns',
  'batchbook.export',
  'batchbook.applyToFiles',
  'batchbook.showFindings',
  'batchbook.clearFindings',
  'batchbook.openJobFile',
  'batchbook.newJobFile',
  'batchbook.trySample',
  'batchbook.setApiKey',
  'batchbook.showAtProviders',
  'batchbook.cleanUp',
] as const;

/** Id of a contributed command. */
export type CommandId = (typeof COMMAND_IDS)[number];

/** The custom editor that package.json contributes. */
export const EDITOR_ID = 'batchbook.jobEditor';

/** Every view that package.json contributes. */
export const VIEW_IDS = ['batchbook.runs'] as const;

/** The command by which VS Code brings a view to the front. */
export type FocusCommandId = `${(typeof VIEW_IDS)[number]}.focus`;

/** Context keys of ours that `when` clauses of package.json ask for. */
export const CONTEXT_KEYS = ['batchbook.loaded'] as const;
export type ContextKey = (typeof CONTEXT_KEYS)[number];

/** Words in the `viewItem` of a run: what can be done with it, as `when` clauses of package.json ask for it. */
export const RUN_TRAITS = [
  'undecided',
  'resumable',
  'results',
  'driven',
  'open',
  'failed',
  'jobFile',
  'confirmed',
  'deletable',
] as const;
export type RunTrait = (typeof RUN_TRAITS)[number];

/** Value of every setting that package.json contributes, without the prefix `batchbook.`. */
export interface Settings {
  readonly resume: 'ask' | 'always' | 'never';
  readonly model: string;
  readonly summarizePrompt: string;
  readonly costLimitUsd: number;
  readonly 'anthropic.baseUrl': string;
  readonly 'openai.baseUrl': string;
  readonly 'gemini.baseUrl': string;
  /** Further services, by name; what each says is checked where it is used. */
  readonly providers: Readonly<Record<string, unknown>>;
  /** By model name; what each says is checked where it is used. */
  readonly models: Readonly<Record<string, unknown>>;
  readonly keepProviderFiles: boolean;
}

export const SETTING_SCOPES = {
  resume: 'machine',
  model: 'window',
  summarizePrompt: 'window',
  costLimitUsd: 'window',
  'anthropic.baseUrl': 'machine',
  'openai.baseUrl': 'machine',
  'gemini.baseUrl': 'machine',
  providers: 'machine',
  models: 'machine',
  keepProviderFiles: 'machine',
} as const satisfies Record<keyof Settings, 'machine' | 'window'>;

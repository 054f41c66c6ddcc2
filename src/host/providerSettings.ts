import { commands, l10n, type ConfigurationChangeEvent } from 'vscode';
import type { ProviderSettings } from '../workspace/access.ts';
import type { ReadSettings } from './settings.ts';
import { showWarning } from './notify.ts';

/** What the person has set of services and models, as it is now and not yet checked. */
export function providerSettings(settings: ReadSettings): ProviderSettings {
  return {
    providers: settings('providers'),
    models: settings('models'),
    keepProviderFiles: settings('keepProviderFiles'),
    setBy: { providers: 'the setting batchbook.providers', models: 'the setting batchbook.models' },
  };
}

/** Whether a change of settings may be one of `providerSettings`. */
export function concernsProviders(change: ConfigurationChangeEvent): boolean {
  return (
    change.affectsConfiguration('batchbook.providers') || change.affectsConfiguration('batchbook.models')
  );
}

/** Tells what is wrong in these settings: each thing once in a window, however many folders and files meet it. */
export class SettingProblems {
  readonly #told = new Set<string>();

  tell(problems: readonly { readonly message: string }[]): void {
    const news = problems.map(({ message }) => message).filter((message) => !this.#told.has(message));
    for (const message of news) this.#told.add(message);
    if (news.length > 0) void show(news.join(' '));
  }
}

async function show(text: string): Promise<void> {
  const settings = l10n.t('Open Settings');
  const choice = await showWarning(text, settings);
  if (choice === settings)
    await commands.executeCommand(
      'workbench.action.openSettings',
      '@id:batchbook.providers,batchbook.models',
    );
}

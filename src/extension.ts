import type { ExtensionContext } from 'vscode';
import { registerCommands } from './host/commands.ts';
import { showAbout } from './host/about.ts';

/** Registers every feature; each loads what it needs when it is first used. */
export function activate(context: ExtensionContext): void {
  const version = versionOf(context);
  context.subscriptions.push(
    registerCommands({
      'batchbook.about': () => showAbout(version),
    }),
  );
}

function versionOf(context: ExtensionContext): string {
  const { version } = context.extension.packageJSON as { readonly version: string };
  return version;
}

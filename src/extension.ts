import type { ExtensionContext } from 'vscode';
import { createExtension, type BatchbookExtension } from './host/createExtension.ts';

let extension: BatchbookExtension | undefined;

/** Registers every feature; each loads what it needs when it is first used. */
export function activate(context: ExtensionContext): void {
  extension = createExtension(context);
}

/** Lets go of the runs that this window drives: what is at a provider goes on, and the next window resumes. */
export function deactivate(): Promise<void> | undefined {
  return extension?.shutdown();
}

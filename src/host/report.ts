import { commands, l10n, type LogOutputChannel } from 'vscode';
import { describeCause, isBatchbookError } from '../core/errors.ts';
import type { ErrorCode } from '../core/vocabulary.ts';
import type { CommandId } from './contributions.ts';
import { showError } from './notify.ts';

/** Shows what went wrong. Never throws, and does not wait for the person. */
export type Report = (error: unknown) => void;

/**
 * Errors that a person can act on are shown with the next step. Any other is a bug: it is shown as such, and the log has
 * its stack.
 */
export function createReport(log: LogOutputChannel): Report {
  return (error) => {
    if (!isBatchbookError(error) || error.code === 'internal') {
      log.error(error instanceof Error ? error : String(error));
      const text = l10n.t('Batchbook ran into an error of its own: {0}', describeCause(error));
      void offer(text, { title: l10n.t('Show Log'), act: () => log.show() });
      return;
    }
    log.warn(error.userMessage, describeCause(error.cause));
    void offer(error.userMessage, nextStep(error.code));
  };
}

interface Step {
  readonly title: string;
  readonly act: () => unknown;
}

async function offer(text: string, step: Step | undefined): Promise<void> {
  const choice = await showError(text, ...(step === undefined ? [] : [step.title]));
  if (choice !== undefined) await step?.act();
}

function nextStep(code: ErrorCode): Step | undefined {
  if (code === 'auth') return { title: l10n.t('Set API Key…'), act: command('batchbook.setApiKey') };
  if (code === 'jobFile')
    return {
      title: l10n.t('Show Problems'),
      act: () => commands.executeCommand('workbench.actions.view.problems'),
    };
  return undefined;
}

function command(id: CommandId): () => unknown {
  return () => commands.executeCommand(id);
}

import path from 'node:path';
import { commands, l10n, Uri, ViewColumn } from 'vscode';
import type { ConfirmSurface } from '../../protocol/confirmSurface.ts';
import { Page } from '../pages/page.ts';
import type { Report } from '../report.ts';
import { plainTexts } from './plainTexts.ts';
import { PlanQuestion, type ConfirmDecision, type ConfirmRequest } from './planQuestion.ts';

/** Shows what would be sent and waits for the person's word; a page that is closed is a no. */
export type Confirm = (request: ConfirmRequest) => Promise<ConfirmDecision>;

export function createConfirm(extensionUri: Uri, report: Report): Confirm {
  return async (request) => {
    const decided = Promise.withResolvers<ConfirmDecision>();
    const question = new PlanQuestion({
      request,
      show: (state) => {
        page.setState('plan', state);
      },
      open: (paths) => openBeside(request.root, paths),
      decide: decided.resolve,
      report,
    });
    const page = new Page<ConfirmSurface>({
      extensionUri,
      bundle: 'confirm',
      icon: 'cloud-upload',
      title: plainTexts(l10n.t('Before sending: {0}', request.plan.meta.title)),
      intents: question.intents,
      calls: question.calls,
      onClose: () => {
        decided.resolve({ kind: 'cancel' });
      },
    });
    try {
      question.show();
      return await decided.promise;
    } finally {
      page.dispose();
    }
  };
}

/** With whatever editor is there for each, since an input need not be text. */
async function openBeside(root: string, paths: readonly string[]): Promise<void> {
  for (const file of paths)
    await commands.executeCommand('vscode.open', Uri.file(path.join(root, file)), {
      preview: false,
      preserveFocus: true,
      viewColumn: ViewColumn.Beside,
    });
}

import * as l10n from '@vscode/l10n';
import type { EditorModel } from '../editorModel.ts';

/** Why nothing can run now. */
export function holdInWords({ estimate }: EditorModel, hold: NonNullable<EditorModel['hold']>): string {
  switch (hold) {
    case 'trust':
      return l10n.t('This folder is not trusted.');
    case 'errors':
      return estimate.state === 'blocked'
        ? estimate.message
        : l10n.t('The errors have to be repaired first.');
    case 'open':
      return l10n.t('A run of this file is open.');
  }
}

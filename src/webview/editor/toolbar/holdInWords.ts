import * as l10n from '@vscode/l10n';
import type { EstimateState } from '../../../protocol/editorSurface.ts';

/** What keeps a run from starting. */
export type Hold = 'trust' | 'errors' | 'open';

/** Why nothing can run now. */
export function holdInWords({ estimate }: { readonly estimate: EstimateState }, hold: Hold): string {
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

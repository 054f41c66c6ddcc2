import * as l10n from '@vscode/l10n';
import type { TemplateResult } from 'lit';
import type { EditorModel } from '../editorModel.ts';
import { menu } from '../menu.ts';
import { count, nameOf, rowsInWords } from '../words.ts';
import { holdInWords } from './holdInWords.ts';

/** All ways to run; what cannot be chosen says why. */
export function runMenu(model: EditorModel): TemplateResult {
  const { hold, estimate } = model;
  const held = hold === undefined ? undefined : holdInWords(model, hold);
  const cell = model.cells[model.indexOf(model.active)];
  const key =
    cell === undefined || cell.kind === 'markdown' || cell.kind === 'unknown' ? undefined : cell.key;
  const failed = Object.values(model.outcomes).reduce((sum, { rerunnable }) => sum + rerunnable, 0);
  const rows = model.pilotRows;
  return menu('run-menu', l10n.t('Run'), [
    {
      icon: 'run-all',
      title: l10n.t('Run All'),
      hint: estimate.state === 'ready' ? rowsInWords(estimate.rows) : '',
      held,
      act: () => void model.start({ what: 'all' }),
    },
    ...(cell === undefined || key === undefined
      ? []
      : [
          {
            icon: 'play',
            title: l10n.t('Run Cell {0}', nameOf(cell)),
            hint: l10n.t('Ctrl+Enter'),
            held,
            act: () => void model.start({ what: 'cell', key }),
          },
        ]),
    {
      icon: 'beaker',
      title: l10n.t('Run Pilot of {0}', count(rows)),
      held,
      act: () => void model.start({ what: 'pilot', rows }),
    },
    null,
    {
      icon: 'refresh',
      title: l10n.t('Run Everything Again'),
      hint: l10n.t('answers too that are there'),
      held,
      act: () => void model.start({ what: 'again' }),
    },
    {
      icon: 'run-errors',
      title: l10n.t('Re-run Failed'),
      hint: rowsInWords(failed),
      held: held ?? (failed === 0 ? l10n.t('No row failed.') : undefined),
      act: () => void model.start({ what: 'failed' }),
    },
  ]);
}

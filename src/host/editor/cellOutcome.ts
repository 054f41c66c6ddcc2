import { l10n } from 'vscode';
import type { CellOutcome } from '../../protocol/editorSurface.ts';
import type { CellOutcomeFacts } from '../../workspace/cellOutcomes.ts';
import { plainTexts } from '../confirm/plainTexts.ts';
import { age, number, sum } from '../words.ts';

/** What the newest run of a cell has made of it, in words. @param stale Whether the cell has changed since. */
export function cellOutcome(facts: CellOutcomeFacts, stale: boolean, now: number): CellOutcome {
  const { counts, total, spentUsd, at, fields, running } = facts;
  return plainTexts<CellOutcome>({
    runId: facts.runId,
    running,
    counts,
    total,
    summary: l10n.t('{0} of {1} ok', number(counts.ok), number(total)),
    money: sum(spentUsd),
    when: age(at, now),
    stale: stale && !running ? l10n.t('Stale: the cell has changed since.') : '',
    columns: [l10n.t('Row'), ...(fields ?? [l10n.t('Answer')])],
    firstRows: facts.firstRows,
    rerunnable: running
      ? 0
      : counts.truncated + counts.refused + counts.invalid + counts.error + counts.cancelled,
  });
}

import { l10n, window, type QuickPickItem } from 'vscode';
import { formatUsd, nanoFromUsd } from '../../core/money.ts';
import type { RunReader } from '../../core/stateManager.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import { maySend } from '../trust.ts';
import { number, rowsInWords } from '../words.ts';
import { agreed, askDriver, type DecideDeps } from './askDriver.ts';
import { decideLive } from './decideLive.ts';
import { decideUncertain } from './decideUncertain.ts';
import { showInformation, showWarning } from '../notify.ts';

/** *Stop*: asks which of its two meanings is wanted. */
export async function stopRun(deps: DecideDeps, run: RunView): Promise<void> {
  const { submitted, pending } = run.status.counts;
  const stop: QuickPickItem = {
    label: l10n.t('Stop Watching'),
    // One line, of which VS Code shows about 90 characters.
    detail: [
      ...(submitted > 0
        ? [l10n.t('Go on at the provider, paid, for Resume to collect: {0}.', rowsInWords(submitted))]
        : []),
      ...(pending > 0 ? [l10n.t('Not sent: {0}.', rowsInWords(pending))] : []),
    ].join(' '),
  };
  const cancel: QuickPickItem = {
    label: l10n.t('Cancel at the Provider…'),
    detail: l10n.t(
      'Open batches are cancelled; what they have done so far is collected. The rest ends as cancelled.',
    ),
  };
  const choice = await window.showQuickPick([stop, cancel], { title: l10n.t('Stop {0}', run.title) });
  if (choice === stop) await askDriver(deps, run, { kind: 'stop' }, 'resume');
  if (choice === cancel) await cancelRun(deps, run);
}

/** *Cancel at Provider…*: final for the rows that are not done, so it asks. */
export async function cancelRun(deps: DecideDeps, run: RunView): Promise<void> {
  const { submitted, pending } = run.status.counts;
  const rows = submitted + pending;
  const go = rows === 1 ? l10n.t('Cancel 1 Row') : l10n.t('Cancel {0} Rows', number(rows));
  const choice = await showWarning(
    l10n.t('Cancel {0}?', run.title),
    {
      modal: true,
      detail: [
        ...(submitted > 0
          ? [
              l10n.t(
                '{0} at the provider: cancelled there; what is done is collected and paid.',
                rowsInWords(submitted),
              ),
            ]
          : []),
        ...(pending > 0 ? [l10n.t('{0} to send: not sent.', rowsInWords(pending))] : []),
        l10n.t('Re-run Failed can send the rest later.'),
      ].join('\n'),
    },
    go,
  );
  if (choice === go) await askDriver(deps, run, { kind: 'cancel' }, 'resume');
}

/** *Set Limit…*: a run that the limit has stopped goes on by it. */
export async function setLimit(deps: DecideDeps, run: RunView): Promise<void> {
  const { limit, spent, unconfirmed, inFlight } = run.status.costUsd;
  const text = await window.showInputBox({
    title: l10n.t('Cost limit of {0}', run.title),
    prompt: l10n.t(
      'In USD; empty for no limit. Spent {0}, in flight at most {1}, unconfirmed {2}.',
      formatUsd(nanoFromUsd(spent)),
      formatUsd(nanoFromUsd(inFlight)),
      formatUsd(nanoFromUsd(unconfirmed)),
    ),
    value: limit === null ? '' : String(limit),
    validateInput: (value) =>
      value.trim() === '' || usdOf(value) !== undefined
        ? undefined
        : l10n.t('An amount in USD, such as 5 or 0.50.'),
  });
  if (text === undefined) return;
  const usd = usdOf(text);
  if (usd === undefined && !(await confirmNoLimit(run))) return;
  const limitNanoUsd = usd === undefined ? null : nanoFromUsd(usd);
  await askDriver(
    deps,
    run,
    { kind: 'setLimit', limitNanoUsd },
    run.status.state === 'stoppedByLimit' ? 'resume' : 'leave',
  );
}

/** *Re-run Failed*: by the person's word, and with its price. */
export async function rerunFailed(deps: DecideDeps, run: RunView): Promise<void> {
  if (!maySend()) return;
  const root = deps.roots.at(run.root);
  const reader = await root.read(run.runId);
  const again = reader.ledger.rows.filter(({ status }) => !['ok', 'pending', 'submitted'].includes(status));
  if (again.length === 0) {
    void showInformation(l10n.t('Every row of {0} is ok.', run.title));
    return;
  }
  // What a run from elsewhere says of its rows is not to be gone by: going on shows what they are, and asks.
  if (!(await root.isAgreed(run.runId))) return askDriver(deps, run, { kind: 'retry' }, 'resume');
  const worst = again.reduce((total, row) => total + row.estimate.reservedNanoUsd, 0);
  const models = [...new Set(run.cells.map(({ model }) => model))].join(', ');
  const one = again.length === 1;
  const go = one ? l10n.t('Send 1 Row Again') : l10n.t('Send {0} Rows Again', number(again.length));
  const choice = await showWarning(
    one
      ? l10n.t('Send the row of {0} that is not ok again?', run.title)
      : l10n.t('Send the {0} rows of {1} that are not ok again?', number(again.length), run.title),
    {
      modal: true,
      detail: l10n.t(
        'To {0}, at most {1}. What they have cost so far stays spent. An input that has changed since is not sent; run the job file for that.',
        models,
        worst === 0 ? l10n.t('free') : formatUsd(worst),
      ),
    },
    go,
  );
  if (choice === go) await askDriver(deps, run, { kind: 'retry' }, 'resume');
}

/** *Resume*: a run that waits for a decision gets it first. */
export async function resumeRun(deps: DecideDeps, run: RunView): Promise<void> {
  if (!maySend()) return;
  if (run.status.state === 'waiting' || run.status.state === 'stoppedByLimit') return resolveRun(deps, run);
  const root = deps.roots.at(run.root);
  const goesOn = await deps.runs.resume(root, run.runId, run.holder !== undefined);
  if (goesOn && (await root.jobFileChanged(await root.read(run.runId))))
    void showInformation(
      l10n.t(
        'The job file of {0} has changed since; this run follows it as it was. Run it again afterwards to send what changed.',
        run.title,
      ),
    );
}

/** *Resolve…*: every decision that the run waits for, one by one. */
export async function resolveRun(deps: DecideDeps, run: RunView): Promise<void> {
  if (!maySend()) return;
  const root = deps.roots.at(run.root);
  const reader = await root.read(run.runId);
  for (const batch of reader.ledger.openBatches().filter(({ state }) => state === 'uncertain'))
    await decideUncertain(deps, run, reader, batch);
  for (const batch of run.status.batches.filter(({ late }) => late)) await decideLive(deps, run, batch);
  await decideMoney(deps, run, reader);
  switch (run.status.state) {
    case 'waiting':
      // Of a run from elsewhere, going on asks by itself.
      if (
        !(await root.isAgreed(run.runId)) ||
        (await agreed(run.status.reason ?? '', l10n.t('Send the Rest')))
      )
        await askDriver(deps, run, { kind: 'continue' }, 'resume');
      return;
    case 'stoppedByLimit':
      return setLimit(deps, run);
    default:
      if (run.holder === undefined && run.status.state === 'needsDecision')
        await deps.runs.resume(root, run.runId);
  }
}

async function decideMoney(deps: DecideDeps, run: RunView, { ledger }: RunReader): Promise<void> {
  if (ledger.overspentRow !== undefined) {
    const row = ledger.row(ledger.overspentRow);
    const question = l10n.t(
      '{0} cost {1}, more than was set aside for it. Nothing more is sent until you have looked.',
      row.planned.source || row.planned.id,
      formatUsd(row.costNanoUsd),
    );
    if (await agreed(question, l10n.t('Go On'))) await askDriver(deps, run, { kind: 'continue' });
  }
  const { unconfirmedNanoUsd } = ledger.money;
  if (unconfirmedNanoUsd > 0) {
    const question = l10n.t(
      '{0} may or may not have been spent: the provider can no longer tell. It counts against the limit until you write it off.',
      formatUsd(unconfirmedNanoUsd),
    );
    if (await agreed(question, l10n.t('Write It Off')))
      await askDriver(deps, run, { kind: 'writeOff', nanoUsd: unconfirmedNanoUsd });
  }
}

async function confirmNoLimit(run: RunView): Promise<boolean> {
  return agreed(l10n.t('Run {0} without a cost limit?', run.title), l10n.t('No Limit'));
}

function usdOf(text: string): number | undefined {
  const usd = Number(text.trim().replace(/^\$/, '').replace(',', '.'));
  return text.trim() !== '' && Number.isFinite(usd) && usd > 0 ? usd : undefined;
}

import assert from 'node:assert/strict';
import { commands, TabInputWebview, window } from 'vscode';
import { emptyPage, progressState, seriesState } from '../../src/host/progress/progressState.ts';
import { oneRun } from '../../src/host/statusBar.ts';
import type { RunPage } from '../../src/protocol/progressSurface.ts';
import { HOSTILE_WORDS, NOW, shownRun, shownStates } from '../support/progressRuns.ts';

function pageOf(name: string): RunPage {
  const shown = shownStates()[name];
  assert.ok(shown, name);
  return progressState(shown);
}

/** Title and buttons of every message. */
function asked({ messages }: RunPage): readonly string[] {
  return messages.map(({ title, buttons }) => [title, ...buttons.map(({ label }) => label)].join(' | '));
}

describe('the progress panel', () => {
  it('says how far, how much and how long a run in the middle of its work is', () => {
    const { meta, rows, money, messages, buttons, batches } = pageOf('running');
    assert.deepEqual(meta.slice(0, 3), ['Running, 43 min', 'Cell terms', 'claude-haiku-5-5 at Anthropic']);
    assert.equal(`${rows.big} ${rows.small}`, '1,512 of 3,000 rows');
    assert.match(rows.note, /^about 25 min left, until 11:06/);
    assert.deepEqual(
      rows.segments.map(({ count, label }) => `${count} ${label}`),
      ['1,509 ok', '2 refused', '1 error', '1,000 at Anthropic', '488 pending'],
    );
    assert.equal(`${money.big} ${money.small}, ${money.note}`, '$1.40 of $5.00, the whole run at most $3.26');
    assert.deepEqual(
      money.parts.map(({ amount, label }) => `${amount} ${label}`),
      ['$1.40 spent', '$1.25 in flight, at most', '$0.61 to send, at most'],
    );
    assert.equal(money.tick, 0.8);
    assert.deepEqual(messages, []);
    assert.deepEqual(
      buttons.map(({ label }) => label),
      ['Open Results', 'Stop…'],
    );
    assert.equal(batches.summary, '7 ended, 4 at Anthropic, 488 rows to send');
  });

  it('says in plain words that a provider has refused, what it cost and what to do; its own words are one click below', () => {
    const { messages, meta } = pageOf('refused');
    const [message, ...others] = messages;
    assert.deepEqual(others, []);
    assert.match(meta[0] ?? '', /^Sending stopped since /);
    assert.equal(message?.severity, 'error');
    assert.equal(message.title, 'Anthropic takes no more of this account.');
    assert.match(message.text, /^Batch 12 \(250 rows\) was not accepted and cost nothing\. 4 batches/);
    assert.doesNotMatch(message.title + message.text, /img|style/);
    assert.deepEqual(message.details?.label, 'What Anthropic Said');
    assert.match(message.details.words.join(''), /credit balance is too low/);
    assert.deepEqual(asked(pageOf('refused')), [
      'Anthropic takes no more of this account. | Open Anthropic Billing | Try Again',
    ]);
  });

  it('says since when its service cannot be reached, that it goes on by itself and that nothing is lost', () => {
    const { meta, icon, messages } = pageOf('offline');
    assert.deepEqual(meta[0], 'Waiting, offline, 43 min');
    assert.equal(icon.name, 'debug-disconnect');
    const [message] = messages;
    assert.match(message?.title ?? '', /^Offline since /);
    assert.equal(
      message?.text,
      'Anthropic cannot be reached. It is tried again until it can, and the run goes on by itself. Nothing is lost: 1,000 rows are worked on there meanwhile. 488 rows to send wait.',
    );
    const offline = shownStates()['offline']?.run;
    assert.ok(offline);
    assert.equal(oneRun(offline), '$(debug-disconnect) Offline · 1,000 at Anthropic');
  });

  it('puts the result first where a run has finished, then only what is not ok', () => {
    const { rows, money, problems, buttons, messages, meta } = pageOf('finished');
    assert.equal(`${rows.big} ${rows.small}, ${rows.note}`, '2,988 of 3,000 rows ok, 12 to look at');
    assert.match(meta[0] ?? '', /^Finished at 11:07.*, took 1 h 9 min$/);
    assert.equal(money.note, 'the estimate was $2.74, at most $3.76');
    assert.deepEqual(
      problems?.items.map(({ count }) => count),
      ['4 truncated', '3 invalid', '2 refused', '1 error'],
    );
    assert.deepEqual(messages, []);
    assert.deepEqual(
      buttons.map(({ label }) => label),
      ['Open Results', 'Export…', 'Re-run 12 Not Ok…'],
    );
  });

  it('asks the one question that a run waits for', () => {
    assert.deepEqual(asked(pageOf('unknown')), ['It is not known whether Anthropic has batch 1. | Decide…']);
    assert.match(
      pageOf('unknown').messages[0]?.text ?? '',
      /2 batches there could be it\. Nothing is sent twice/,
    );
    assert.deepEqual(asked(pageOf('waiting')), ['Waiting for the queue of OpenAI.']);
    assert.deepEqual(asked(pageOf('pilot')), ['The pilot is done. | Send the Other 488 Rows…']);
    assert.deepEqual(asked(pageOf('stopped')), ['The run is stopped. | Resume']);
    assert.deepEqual(asked(pageOf('elsewhere')), ['This run is driven by a command line.']);
    assert.deepEqual(asked(pageOf('nearLimit')), [
      '488 rows do not fit under the limit any more. | Raise the Limit…',
    ]);
    assert.equal(pageOf('nearLimit').messages[0]?.text, 'They would cost $0.71 at most, $0.32 is left.');
    const { note, near } = pageOf('nearLimit').money;
    assert.deepEqual([note, near], ['81 % of the limit', true]);
  });

  it('offers in Restricted Mode nothing that sends', () => {
    for (const [name, shown] of Object.entries(shownStates())) {
      const { messages, buttons } = progressState({ ...shown, maySend: false });
      const offered = [...buttons, ...messages.flatMap((message) => message.buttons)].map(
        ({ action }) => action,
      );
      for (const action of ['resume', 'resolve', 'rerunFailed'] as const)
        assert.ok(!offered.includes(action), `${name} offers ${action}`);
    }
    assert.deepEqual(
      emptyPage(false).buttons.map(({ action }) => action),
      ['newJobFile'],
    );
  });

  it('has in its curves what the run says now, and nothing to come where nobody drives it', () => {
    const { past, expected, atService } = seriesState(shownRun());
    assert.equal(atService, 'at Anthropic');
    assert.equal(past.at(-1)?.finished, 1_520);
    assert.equal(expected.at(-1)?.finished, 3_000);
    assert.ok(expected.every(({ at }) => at > NOW));
    const stopped = shownStates()['stopped'];
    assert.ok(stopped);
    assert.deepEqual(seriesState(stopped).expected, []);
  });

  it('shows the newest of the log, and the others when they are asked for', () => {
    const { items, earlier } = progressState(shownRun({ shown: { shownEvents: 3 } })).events;
    assert.equal(items.length, 3);
    assert.match(items[0]?.text ?? '', /^Batch 11 accepted by Anthropic: 250 rows, \$0\.31 held back\.$/);
    assert.equal(earlier, `Show ${String(shownRun().facts.entries.length - 3)} Earlier`);
    assert.equal(progressState(shownRun()).events.earlier, '');
  });

  it('turns no text round, whoever wrote it', () => {
    assert.ok(HOSTILE_WORDS.includes('\u202e'));
    for (const shown of Object.values(shownStates()))
      assert.doesNotMatch(JSON.stringify(progressState(shown)), /[\u202a-\u202e\u2066-\u2069]/);
  });

  it('opens in a tab of its own, once, also where there is no run', async () => {
    const tabs = (): number =>
      window.tabGroups.all
        .flatMap((group) => group.tabs)
        .filter(
          ({ input }) => input instanceof TabInputWebview && input.viewType.includes('batchbook.progress'),
        ).length;
    await commands.executeCommand('batchbook.showProgress');
    await commands.executeCommand('batchbook.showProgress');
    const end = Date.now() + 10_000;
    while (tabs() === 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(tabs(), 1);
    await commands.executeCommand('workbench.action.closeAllEditors');
  });
});

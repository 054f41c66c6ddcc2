import assert from 'node:assert/strict';
import { pageOf } from './editorPage.ts';
import { freshFolder, openWindow } from './sharedServer.ts';

describe('The job editor', function () {
  this.timeout(180_000);

  it('of 500 cells and 20,000 files is there at once and answers every key', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, i) => [
        `d${String(i % 500)}/f${String(i)}.txt`,
        `File ${String(i)}.\n`,
      ]),
    );
    const cells = Array.from({ length: 500 }, (_, i) => ({
      kind: 'files',
      id: `cell-${String(i)}`,
      files: [`d${String(i)}/*.txt`],
      prompt: `Say what {{file.name}} of group ${String(i)} is about.`,
    }));
    const job = { version: 1, defaults: { model: 'offline-extractive' }, cells };
    const folder = await freshFolder({ ...files, 'many.batch.json': job });
    await using window = await openWindow(folder);
    await window.openFile('many.batch.json');
    const page = pageOf(window);
    await page.cell('cell-0').waitFor();
    const paint: number = await page.body.evaluate(
      `performance.getEntriesByName('first-contentful-paint')[0].startTime`,
    );
    await page.cell('cell-0').getByText('40 files').waitFor({ timeout: 60_000 });
    await page
      .cell('cell-0')
      .getByRole('textbox', { name: /^Prompt of/ })
      .click();
    // As a script: what a page has is not known here.
    await page.body.evaluate(`(() => {
      const times = (globalThis.keyTimes = []);
      const painted = (pressed) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => times.push(performance.now() - pressed);
        requestAnimationFrame(() => channel.port2.postMessage(null));
      };
      document.addEventListener('keydown', () => painted(performance.now()), { capture: true });
    })()`);
    await window.page.keyboard.type('The quick brown fox jumps over the lazy dog and then rests a while. ', {
      delay: 30,
    });
    const times: number[] = await page.body.evaluate('keyTimes');
    times.sort((a, b) => a - b);
    assert.ok(times.length > 60);
    const at = (share: number): string => (times[Math.floor(times.length * share)] ?? NaN).toFixed(0);
    process.stdout.write(
      `      500 cells, 20,000 files: first paint ${paint.toFixed(0)} ms, key to paint p50 ${at(0.5)} ms, p95 ${at(0.95)} ms\n`,
    );
    assert.deepEqual(window.violations, []);
  });
});

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Locator } from 'playwright-core';
import { freshFolder, freshService, openWindow } from './sharedServer.ts';
import { cliWith } from './terminal.ts';
import type { Theme, Workbench } from './workbench.ts';

const THEMES = [
  'Default Light Modern',
  'Default Dark Modern',
  'Default High Contrast',
] as const satisfies Theme[];

const SURFACES = [
  ...['Run: Busy', 'Run: Failing', 'Run: Unknown', 'Run: Limit', 'Run: Contracts'],
  ...['Results: Contracts', 'Compare: Contracts'],
];

const SCHEMA = {
  type: 'object',
  properties: {
    supplier: { type: 'string', description: 'Who supplies.' },
    total: { type: 'number', description: 'In EUR.' },
    paid: { type: 'boolean', description: 'Whether it is paid.' },
  },
  required: ['supplier', 'total', 'paid'],
  additionalProperties: false,
};

describe('Populated surfaces of runs in each theme', function () {
  this.timeout(400_000);

  it('have nothing serious for axe and no report of the policy: runs that go on, failed, wait for a decision or have ended', async () => {
    const folder = await freshFolder(files());
    await makeRuns(folder);
    await using window = await openWindow(folder);
    await window.showRuns();
    for (const title of ['Busy', 'Failing', 'Unknown', 'Limit', 'Contracts']) {
      await window
        .run(new RegExp(`^${title},`))
        .first()
        .click();
      await tab(window, `Run: ${title}`).waitFor();
    }
    await window.ownPage.locator('vscode-button').filter({ hasText: 'Open Results' }).click();
    await tab(window, 'Results: Contracts').waitFor();
    await window.ownPage.getByRole('gridcell', { name: /5\.md/ }).first().click();
    await window.page.keyboard.press('Enter');
    await window.ownPage.getByRole('button', { name: 'Compare…' }).click();
    await window.pick('mock-small');
    await tab(window, 'Compare: Contracts').waitFor();
    for (const theme of THEMES) {
      await window.useTheme(theme);
      for (const title of SURFACES) {
        await tab(window, title).click();
        await window.ownPage.locator('main').waitFor();
        const name = `${title} ${theme.replace('Default ', '')}`.toLowerCase().replaceAll(/[: ]+/g, '-');
        await window.screenshot(`surface-${name}`);
        assert.deepEqual(await window.accessibilityFindings(), [], name);
      }
    }
    assert.deepEqual(window.violations, []);
  });
});

function tab(window: Workbench, name: string): Locator {
  return window.page.getByRole('tab', { name: new RegExp(`^${name}`) }).first();
}

/** Of every kind, made in a terminal. The last one runs on at the service. */
async function makeRuns(folder: string): Promise<void> {
  const service = await freshService({ runningMs: 100 });
  const run = (name: string): Promise<number | null> =>
    cliWith(folder, service, 'run', `${name}.batch.json`, '--yes', '--all').ended;
  await service.configure({
    outcomes: { rows: { 1: ['refused'], 3: ['truncated'], 5: ['permanent'], 7: ['invalid'] } },
  });
  assert.equal(await run('contracts'), 1);
  await service.configure({ outcomes: { rows: { 2: ['refused'] } } });
  const changed = job('Contracts', {}, { responseSchema: SCHEMA, prompt: 'Read it again.' });
  await writeFile(path.join(folder, 'contracts.batch.json'), JSON.stringify(changed));
  assert.equal(await run('contracts'), 1);
  await service.configure({ outcomes: {}, faults: { invalidRequest: [2] } });
  assert.equal(await run('failing'), 4);
  await service.configure({ faults: { lostRequest: [2] } });
  assert.equal(await run('unknown'), 5);
  await service.configure({ faults: {} });
  assert.equal(await run('limit'), 3);
  await service.configure({ runningMs: 3_600_000 });
  const before = (await service.ledger()).batches.length;
  await using driver = cliWith(folder, service, 'run', 'busy.batch.json', '--yes');
  while ((await service.ledger()).batches.length === before && driver.process.exitCode === null)
    await setTimeout(50);
}

function job(
  title: string,
  changes: Readonly<Record<string, unknown>> = {},
  cell: Readonly<Record<string, unknown>> = {},
): unknown {
  return {
    version: 1,
    title,
    defaults: { model: 'mock-small', enableCitations: true },
    costLimitUsd: 5,
    jobsPerBatch: 4,
    maxConcurrent: 1,
    ...changes,
    cells: [
      { kind: 'files', id: 'letter', files: ['letters'], prompt: 'Answer it.', output: false, ...cell },
    ],
  };
}

function files(): Readonly<Record<string, unknown>> {
  const letters = Array.from({ length: 12 }, (_, i) => [
    `letters/${String(i)}.md`,
    `Letter ${String(i)} asks for a loan\nand says why, at length.\n`,
  ]);
  return {
    ...(Object.fromEntries(letters) as Record<string, string>),
    'contracts.batch.json': job('Contracts', {}, { responseSchema: SCHEMA, prompt: 'Read it.' }),
    'failing.batch.json': job('Failing'),
    'unknown.batch.json': job('Unknown'),
    'limit.batch.json': job('Limit', { costLimitUsd: 0.0027 }),
    'busy.batch.json': job('Busy'),
  };
}

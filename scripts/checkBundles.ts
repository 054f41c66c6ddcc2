// Fails when a bundle outgrew its budget, when a bundle has none, or when the headless layers need an editor.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Metafile } from 'esbuild';
import { bundleHeadlessLayers, DIST } from './bundles.ts';
import { report } from './report.ts';

/** Bytes that each bundle may have: about a quarter more than when the number was set. All shared parts of the library have one. */
const BUDGETS: Readonly<Record<string, number>> = {
  'extension.cjs': 260_000,
  'engine.cjs': 1_020_000,
  'resultsWorker.cjs': 405_000,
  'cli.cjs': 1_000_000,
  'index.js': 320_000,
  'testing.js': 60_000,
  'part-*': 230_000,
  'webview/compare.js': 50_000,
  'webview/compare.css': 55_000,
  'webview/confirm.js': 46_000,
  'webview/editor.js': 400_000,
  'webview/promptView.js': 480_000,
  'webview/editor.css': 60_000,
  'webview/confirm.css': 41_000,
  'webview/progress.js': 130_000,
  'webview/progress.css': 49_000,
  'webview/results.js': 160_000,
  'webview/results.css': 50_000,
  'webview/codicon.ttf': 160_000,
  'lazy/unpdf.mjs': 2_020_000,
  'lazy/ajv.mjs': 170_000,
  'lazy/anthropic.mjs': 560_000,
  'lazy/openai.mjs': 530_000,
  'lazy/genai.mjs': 960_000,
};

const { outputs } = JSON.parse(await readFile(path.join(DIST, 'meta.json'), 'utf8')) as Metafile;
const sizes = new Map<string, number>();
for (const [output, { bytes }] of Object.entries(outputs)) {
  const name = output.replace(/^dist\//, '').replace(/^part-.*/, 'part-*');
  sizes.set(name, (sizes.get(name) ?? 0) + bytes);
}

const problems = [
  ...[...sizes].flatMap(([name, bytes]) => {
    const budget = BUDGETS[name];
    if (budget === undefined) return [`${name} has no budget: add one to BUDGETS.`];
    return bytes > budget ? [`${name} has ${String(bytes)} bytes, more than its ${String(budget)}.`] : [];
  }),
  ...Object.keys(BUDGETS)
    .filter((name) => !sizes.has(name))
    .map((name) => `${name} has a budget but was not built.`),
];

const headless = await bundleHeadlessLayers();
if (headless.modules === 0) problems.push('The headless layers have no module.');
if (/["'`]vscode["'`]/.test(headless.code)) problems.push('The headless layers name the module vscode.');

report(
  [
    ...[...sizes].map(([name, bytes]) => `${name} ${String(bytes)} of ${String(BUDGETS[name])}`),
    `headless layers: ${String(headless.modules)} modules, ${String(headless.code.length)} characters`,
  ],
  problems,
);

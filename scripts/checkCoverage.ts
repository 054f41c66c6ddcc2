// Fails when the unit tests reached too few lines of a layer, or none of its files.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from './bundles.ts';
import { report } from './report.ts';

/** Percent of lines, by layer. */
const THRESHOLDS: Readonly<Record<string, number>> = { 'src/core': 90, 'src/jobfile': 90, 'src/state': 90 };

interface FileCoverage {
  readonly lines: { readonly total: number; readonly covered: number };
}

const summary = JSON.parse(
  await readFile(path.join(ROOT, 'coverage/coverage-summary.json'), 'utf8'),
) as Readonly<Record<string, FileCoverage>>;

const seen: string[] = [];
const problems: string[] = [];
for (const [layer, threshold] of Object.entries(THRESHOLDS)) {
  const files = Object.entries(summary).filter(([file]) => file.startsWith(path.join(ROOT, layer, path.sep)));
  const total = files.reduce((sum, [, { lines }]) => sum + lines.total, 0);
  const covered = files.reduce((sum, [, { lines }]) => sum + lines.covered, 0);
  const percent = total === 0 ? 0 : (100 * covered) / total;
  seen.push(`${layer} ${percent.toFixed(1)} % of ${String(total)} lines in ${String(files.length)} files`);
  if (percent < threshold) {
    problems.push(
      `${layer} has ${percent.toFixed(1)} % of its lines covered, less than ${String(threshold)} %.`,
    );
    const worst = files.sort(([, a], [, b]) => missed(b) - missed(a)).slice(0, 5);
    for (const [file, coverage] of worst)
      seen.push(`  ${path.relative(ROOT, file)}: ${String(missed(coverage))} lines not covered`);
  }
}
report(seen, problems);

function missed({ lines }: FileCoverage): number {
  return lines.total - lines.covered;
}

// Checks the layers on the import graph. A cruise that saw no module or no edge proves nothing, so that fails too.
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractConfig from 'dependency-cruiser/config-utl/extract-depcruise-config';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import path from 'node:path';
import { ROOT } from './bundles.ts';
import { report } from './report.ts';

process.chdir(ROOT);
const config = await extractConfig(path.join(ROOT, '.dependency-cruiser.cjs'));
const { output } = await cruise(
  ['src', 'test', 'scripts'],
  { ...config.options, ruleSet: config, validate: true },
  undefined,
  { tsConfig: extractTSConfig(path.join(ROOT, 'tsconfig.json')) },
);
if (typeof output === 'string') throw new Error(`Expected a result, got text: ${output}`);
const { summary, modules }: ICruiseResult = output;

const ours = modules.filter(({ source }) => source.startsWith('src/'));
const edges = ours.reduce((sum, { dependencies }) => sum + dependencies.length, 0);
report(
  [`${String(ours.length)} modules of src, ${String(edges)} imports`],
  ours.length === 0 || edges === 0
    ? ['The cruise saw no module or no import of src.']
    : summary.violations.map(
        ({ rule, from, to }) => `${from} -> ${to}: ${rule.name}. ${commentOf(rule.name)}`,
      ),
);

function commentOf(name: string): string {
  return config.forbidden?.find((rule) => rule.name === name)?.comment ?? '';
}

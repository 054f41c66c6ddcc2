import { glob } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from './bundles.ts';

/** One named part of `npm test`. */
export interface Step {
  readonly name: string;
  /** What is run with this Node, from the root of the checkout. */
  readonly command: () => Promise<readonly string[]>;
  /** The step is ended when it takes longer. */
  readonly budgetSeconds: number;
  /** True where the step runs mocha with our reporter: its tests are counted one by one, else the step counts as one. */
  readonly countsTests?: boolean;
  /** True where lines are counted, which is less exact in modules that were compiled by an earlier process. */
  readonly countsLines?: boolean;
  /** Steps that must have passed before; they are added when only this step is asked for. */
  readonly needs?: readonly string[];
  /** Steps that must have run before, whether they passed or not. */
  readonly after?: readonly string[];
  /** Steps of the same word run at the same time; no others do. Absent: with all that have none. */
  readonly apart?: string;
}

const MOCHA = 'node_modules/mocha/bin/mocha.js';
const UNIT_TESTS = ['test/unit/**/*.test.ts'];
const REPORTER = ['--reporter', './test/support/tallyReporter.ts'];

const WINDOW_TESTS = ['test/ui/**/*.test.ts'];
/** One builds anew what all others look at; the other says how long things take where nothing else runs. */
const LONE_WINDOW_TESTS = ['test/ui/code.test.ts', 'test/ui/manyCells.test.ts'];
/** A window waits for most of its time, so two at a time take little longer than one. */
const WINDOW_SHARES = 2;

/** Everything that `npm test` runs, in this order: the longest first, so that none is left to run by itself. */
export const STEPS: readonly Step[] = [
  check('format', 120, ['node_modules/prettier/bin/prettier.cjs', '--check', '.']),
  check('lint', 400, ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0']),
  check('types', 200, ['node_modules/typescript/bin/tsc', '-p', '.']),
  check('pagetypes', 60, ['node_modules/typescript/bin/tsc', '-p', 'src/webview']),
  check('dependencies', 120, ['scripts/checkDependencies.ts']),
  check('strings', 30, ['scripts/exportStrings.ts', '--check']),
  check('deadcode', 120, ['node_modules/knip/bin/knip.js', '--no-config-hints']),
  { name: 'build', budgetSeconds: 120, command: () => Promise.resolve(['scripts/build.ts']) },
  { ...check('licences', 30, ['scripts/checkLicences.ts']), needs: ['build'] },
  { ...check('bundles', 60, ['scripts/checkBundles.ts']), needs: ['build'] },
  {
    ...suite('unit', 1500, UNIT_TESTS),
    countsLines: true,
    command: async () => ['node_modules/c8/bin/c8.js', process.execPath, ...mocha(await filesOf(UNIT_TESTS))],
  },
  {
    name: 'coverage',
    budgetSeconds: 30,
    after: ['unit'],
    command: () => Promise.resolve(['scripts/checkCoverage.ts']),
  },
  suite('services', 900, ['test/providers/**/*.test.ts']),
  suite('crash', 900, ['test/crash/**/*.test.ts']),
  {
    name: 'editor',
    budgetSeconds: 600,
    command: () => Promise.resolve(['test/support/vscode/prepare.ts']),
  },
  { ...suite('pages', 500, ['test/pages/**/*.test.ts']), needs: ['build', 'editor'] },
  { ...suite('cli', 400, ['test/cli/**/*.test.ts']), needs: ['build'] },
  check('mutants', 400, ['scripts/mutants.ts']),
  { ...suite('tooling', 180, ['test/tooling/**/*.test.ts']), needs: ['build'] },
  {
    name: 'host',
    budgetSeconds: 180,
    needs: ['build', 'editor'],
    apart: 'host',
    countsTests: true,
    command: () => Promise.resolve(['test/host/runHostTests.ts']),
  },
  { ...suite('ui-alone', 300, LONE_WINDOW_TESTS), needs: ['build', 'editor'], apart: 'alone' },
  ...Array.from({ length: WINDOW_SHARES }, (_, share): Step => {
    return {
      ...suite(`ui-${String(share + 1)}`, 900, WINDOW_TESTS),
      needs: ['build', 'editor'],
      apart: 'windows',
      command: async () => {
        const files = (await filesOf(WINDOW_TESTS)).filter((file) => !LONE_WINDOW_TESTS.includes(file));
        return mocha(files.filter((_file, i) => i % WINDOW_SHARES === share));
      },
    };
  }),
];

function check(name: string, budgetSeconds: number, command: readonly string[]): Step {
  return { name, budgetSeconds, command: () => Promise.resolve(command) };
}

function suite(name: string, budgetSeconds: number, patterns: readonly string[]): Step {
  const command = async (): Promise<string[]> => mocha(await filesOf(patterns));
  return { name, budgetSeconds, countsTests: true, command };
}

function mocha(files: readonly string[]): string[] {
  return [MOCHA, ...REPORTER, ...files];
}

/** Files are listed here, not by mocha, so that a suite without a file is an error. */
async function filesOf(patterns: readonly string[]): Promise<string[]> {
  const files = await Array.fromAsync(glob(patterns, { cwd: ROOT }));
  if (files.length === 0) throw new Error(`No test file matches ${patterns.join(' or ')}`);
  return files.map((file) => file.split(path.sep).join('/')).sort();
}

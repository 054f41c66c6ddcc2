import { appendFileSync, writeFileSync } from 'node:fs';
import Mocha from 'mocha';

const { EVENT_TEST_BEGIN, EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_RUN_END } = Mocha.Runner.constants;

/** One line of the file that `npm test` reads while and after a suite runs. */
export type TallyLine =
  | { readonly begun: string }
  | { readonly passed: string }
  | { readonly failed: string; readonly message: string }
  | { readonly ended: true };

/**
 * Prints failures only, and notes every test in the file named by `BATCHBOOK_TALLY` as it happens, so that a suite that
 * dies or hangs still says how far it came.
 */
class TallyReporter extends Mocha.reporters.Base {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const file = process.env['BATCHBOOK_TALLY'];
    const note = (line: TallyLine): void => {
      if (file !== undefined) appendFileSync(file, `${JSON.stringify(line)}\n`);
    };
    if (file !== undefined) writeFileSync(file, '');
    runner
      .on(EVENT_TEST_BEGIN, (test) => {
        note({ begun: test.fullTitle() });
      })
      .on(EVENT_TEST_PASS, (test) => {
        note({ passed: test.fullTitle() });
      })
      .on(EVENT_TEST_FAIL, (test, error: unknown) => {
        note({ failed: test.fullTitle(), message: String(error) });
      })
      .once(EVENT_RUN_END, () => {
        note({ ended: true });
        this.epilogue();
      });
  }
}

// Mocha loads a reporter by its default export.
export { TallyReporter, TallyReporter as default };

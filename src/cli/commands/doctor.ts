import { EXIT_CODES } from '../../core/vocabulary.ts';
import { diagnose, type Check } from '../../workspace/diagnose.ts';
import { openSession, type GlobalOptions } from '../session.ts';

/**
 * `doctor`: whether this machine and folder are fit for runs. Ends 4 when a service refuses a key that is there, else 1
 * when something is not as it should be; a key that is not there is no fault.
 */
export async function doctorCommand(options: GlobalOptions): Promise<number> {
  const { workspace, output, config } = await openSession(options, undefined, 'quietly');
  const checks = await diagnose(workspace, config);
  for (const check of checks) output.text(`${check.ok ? 'ok  ' : 'BAD '} ${check.name}: ${check.detail}`);
  output.document({ checks });
  return exitCodeOf(checks);
}

function exitCodeOf(checks: readonly Check[]): number {
  if (checks.some(({ service }) => service?.key === 'refused')) return EXIT_CODES.credentials;
  return checks.every(({ ok }) => ok) ? EXIT_CODES.ok : EXIT_CODES.someRowsNotOk;
}

import type { RunReader } from '../../core/stateManager.ts';
import { EXIT_CODES } from '../../core/vocabulary.ts';
import { askOnTerminal } from '../askConsent.ts';
import { follow } from '../follow.ts';
import { openSession, type GlobalOptions, type Session } from '../session.ts';

export interface StopOptions extends GlobalOptions {
  readonly cancel?: boolean;
}

/** `stop RUN`: tells whoever drives it; where nobody does, does it itself. Always ends 0. */
export async function stopCommand(named: string | undefined, options: StopOptions): Promise<number> {
  const session = await openSession(options, named);
  const { workspace, output } = session;
  const run = await workspace.findRun(named);
  const cancel = options.cancel === true;
  if (nothingToStop(run)) {
    output.text(`Run ${run.meta.runId} has finished; there is nothing to stop.`);
    output.document(await workspace.statusOf(run));
    return EXIT_CODES.ok;
  }
  const id = await workspace.request(run.meta.runId, { kind: cancel ? 'cancel' : 'stop' });
  if (await workspace.untilHandled(run, id)) await showHandled(session, run, cancel);
  else {
    // Nothing is sent by a stop, whoever began the run: nobody has to be asked.
    const askConsent = askOnTerminal(session, false);
    await follow(session, run.meta.runId, (hooks) =>
      workspace.resume(run.meta.runId, { ...hooks, askConsent }),
    );
  }
  return EXIT_CODES.ok;
}

function nothingToStop({ ledger }: RunReader): boolean {
  return ledger.phase === 'finished' && ledger.openBatches().length === 0;
}

async function showHandled({ workspace, output }: Session, run: RunReader, cancel: boolean): Promise<void> {
  output.text(
    cancel
      ? 'Cancelling: nothing more is sent, and what is done already is collected as it arrives.'
      : 'Stopped. What is at the service goes on there; resume collects it.',
  );
  output.document(await workspace.statusOf(run));
}

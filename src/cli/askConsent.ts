import { ValidationError } from '../core/errors.ts';
import type { AskConsent } from '../workspace/consent.ts';
import { describeRest } from '../workspace/describeRest.ts';
import { confirmed } from './prompt.ts';
import type { Session } from './session.ts';

/**
 * Shows what a run that came with its folder would send, and asks where a person can be asked.
 * @param yes The person has said so beforehand.
 */
export function askOnTerminal({ output }: Session, yes: boolean): AskConsent {
  return async (rest) => {
    const shown = describeRest(rest);
    output.note(shown);
    if (yes) return { by: 'flag', shown };
    if (!output.interactive || output.json) {
      throw new ValidationError(
        'notConfirmed',
        `Nothing was sent: nobody has agreed on this machine to what run ${rest.meta.runId} sends, and nobody can be asked here. Say yes with --yes, or start another run of its job file with: run FILE --new`,
      );
    }
    return (await confirmed(questionFor(rest.summary.rowsToSend))) ? { by: 'prompt', shown } : undefined;
  };
}

function questionFor(rows: number): string {
  if (rows === 0) return 'Nothing of it can be sent as things are. Go on, which ends its rows?';
  return rows === 1 ? 'Send this row?' : `Send these ${String(rows)} rows?`;
}

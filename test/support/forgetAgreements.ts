import { rm } from 'node:fs/promises';
import path from 'node:path';

/** From now on the person of this suite is somebody who has agreed to nothing on this machine. */
export async function forgetAgreements(): Promise<void> {
  const state = process.env['XDG_STATE_HOME'];
  if (state === undefined) throw new Error('The suite has no state of its own: see ownState.ts.');
  await rm(path.join(state, 'batchbook'), { recursive: true, force: true });
}

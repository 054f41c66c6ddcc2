// Loaded before every suite: what a person has agreed to is kept in a folder of the suite, not in the home of whoever
// runs it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const folder = mkdtempSync(path.join(tmpdir(), 'batchbook-state-'));
process.env['XDG_STATE_HOME'] = folder;
process.on('exit', () => {
  rmSync(folder, { recursive: true, force: true });
});

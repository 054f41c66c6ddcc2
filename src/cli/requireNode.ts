// Imported before everything else: on an older Node other modules may fail while they load, with words for nobody.
import packageJson from '../../package.json' with { type: 'json' };

const needed = /\d+/.exec(packageJson.engines.node)?.[0] ?? '0';
if (Number.parseInt(process.versions.node, 10) < Number(needed)) {
  console.error(
    `Batchbook needs Node ${needed} or newer, and this is Node ${process.versions.node} (${process.execPath}). Nothing was done. Install a newer Node from https://nodejs.org, or put one first in your PATH.`,
  );
  process.exit(1);
}

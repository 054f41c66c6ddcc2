import assert from 'node:assert/strict';
import axe from 'axe-core';
import type { Frame } from 'playwright-core';

/**
 * What axe finds serious or critical in a frame.
 *
 * @returns A line for each finding, with the elements it is about.
 * @throws When axe sees next to nothing, where it could find nothing either.
 */
export async function accessibilityFindings(frame: Frame): Promise<readonly string[]> {
  await frame.evaluate(axe.source);
  const results = await frame.evaluate<axe.AxeResults>('axe.run(document)');
  assert.ok(results.passes.length > 10, 'axe saw next to nothing');
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

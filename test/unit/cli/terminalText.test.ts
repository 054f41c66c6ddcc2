import assert from 'node:assert/strict';
import { terminalText } from '../../../src/cli/terminalText.ts';

describe('A text of others in a terminal', () => {
  it('keeps its lines, tabs and letters, and can neither move the cursor nor turn the writing round', () => {
    const plain = 'a,\u00fc\t\ud83d\ude00\r\nb\n';
    assert.equal(terminalText(plain), plain);
    assert.equal(
      terminalText('\u001b[2J\u009b1A\rover\u0008\u202egnp'),
      '\ufffd[2J\ufffd1A\ufffdover\ufffd\ufffdgnp',
    );
  });
});

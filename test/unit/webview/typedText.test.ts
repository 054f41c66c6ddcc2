import assert from 'node:assert/strict';
import fc from 'fast-check';
import { smallestChange } from '../../../src/webview/editor/parts/smallestChange.ts';
import { TypedText } from '../../../src/webview/editor/parts/typedText.ts';

function field(value: string): { typed: TypedText; sent: string[]; pause: () => void } {
  const sent: string[] = [];
  let waiting: (() => void) | undefined;
  const later = (_ms: number, action: () => void): (() => void) => {
    waiting = action;
    return () => {
      waiting = undefined;
    };
  };
  const typed = new TypedText(value, (text) => sent.push(text), later);
  return {
    typed,
    sent,
    pause: () => {
      waiting?.();
      waiting = undefined;
    },
  };
}

describe('smallestChange', () => {
  it('makes the one text of the other, and touches no more than it has to', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, text, text, (head, tail, one, other) => {
        const [before, after] = [head + one + tail, head + other + tail];
        const change = smallestChange(before, after);
        if (change === undefined) assert.equal(before, after);
        else {
          const { from, to, insert } = change;
          assert.equal(before.slice(0, from) + insert + before.slice(to), after);
          assert.ok(to - from <= one.length + 2 && insert.length <= other.length + 2);
        }
      }),
    );
    assert.equal(smallestChange('same', 'same'), undefined);
  });
});

describe('what is typed', () => {
  it('is sent at the end of a word, after a pause, and when asked for, once each', () => {
    const { typed, sent, pause } = field('');
    typed.typed(() => 'S', false);
    typed.typed(() => 'Sum', false);
    assert.deepEqual(sent, []);
    typed.typed(() => 'Sum ', true);
    typed.typed(() => 'Sum up', false);
    pause();
    typed.typed(() => 'Sum up.', false);
    typed.flush();
    typed.flush();
    pause();
    assert.deepEqual(sent, ['Sum ', 'Sum up', 'Sum up.']);
  });

  it('is not taken back by answers that only repeat what was sent', () => {
    const { typed } = field('');
    typed.typed(() => 'a ', true);
    typed.typed(() => 'a b ', true);
    typed.typed(() => 'a b c', false);
    assert.equal(typed.said(''), undefined);
    assert.equal(typed.said('a '), undefined);
    assert.equal(typed.said('a b '), undefined);
    assert.equal(typed.confirmed, 'a b ');
  });

  it('meets what somebody else has changed: both are kept, and the result is sent', () => {
    const { typed, sent, pause } = field('Summarize it.');
    typed.typed(() => 'Summarize it. Now', false);
    assert.equal(typed.said('Please summarize it.'), 'Summarize it.');
    typed.merged('Please summarize it. Now');
    pause();
    assert.deepEqual(sent, ['Please summarize it. Now']);
    assert.equal(typed.said('Please summarize it. Now'), undefined);
    typed.merged(typed.confirmed);
    pause();
    assert.equal(sent.length, 1);
  });
});

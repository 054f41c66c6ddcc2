import assert from 'node:assert/strict';
import fc from 'fast-check';
import { notificationText } from '../../../src/host/confirm/plainTexts.ts';

/** What VS Code makes links of in a notification: the expression of `parseLinkedText` in VS Code 4.139. */
const LINK = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;

describe('The text of a notification', () => {
  it('has no link, whatever stands in it (property)', () => {
    const pieces = fc.constantFrom('[', ']', '(', ')', '](', 'command:', 'https://', 'x', ' ', '"', '\u202e');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        assert.doesNotMatch(notificationText(`[a${parts.join('')}b](command:run)`), LINK);
      }),
    );
  });

  it('says the same words', () => {
    assert.equal(notificationText('Letters: 12 of 12 rows ok, $0.42.'), 'Letters: 12 of 12 rows ok, $0.42.');
    assert.equal(notificationText('[Show](command:quit): done'), '[Show] (command:quit): done');
  });
});

import assert from 'node:assert/strict';
import { createAnswerCheck } from '../../../src/jobfile/answerCheck.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    total: { type: 'number' },
    items: { type: 'array', items: { type: 'object', properties: { 'unit price': { type: 'number' } } } },
  },
  required: ['total'],
};
const JSON_TEXT = '{"total": 12.5, "items": [{"unit price": 2}, {"unit price": 10.5}]}';

/** The fields in which a piece of an answer stands. */
async function fieldsOf(answer: string, piece: string): Promise<readonly string[]> {
  const checked = await createAnswerCheck()(SCHEMA, answer);
  assert.ok(checked.ok);
  const start = answer.indexOf(piece);
  assert.ok(start >= 0);
  return checked.fieldsIn([start, start + piece.length]);
}

describe('Fields of a structured answer', () => {
  it('are told by where a part of the answer stands', async () => {
    assert.deepEqual(await fieldsOf(JSON_TEXT, '12.5'), ['total']);
    assert.deepEqual(await fieldsOf(JSON_TEXT, '10.5'), ['items[1]["unit price"]']);
    assert.deepEqual(await fieldsOf(JSON_TEXT, '12.5, "items": [{"unit price": 2'), [
      'total',
      'items[0]["unit price"]',
    ]);
  });

  it('are none where the part holds no value', async () => {
    assert.deepEqual(await fieldsOf(JSON_TEXT, '"total"'), []);
    assert.deepEqual(await fieldsOf(JSON_TEXT, '{'), []);
  });

  it('are found where words stand around the JSON, or a code block does', async () => {
    assert.deepEqual(await fieldsOf(`Here it is: ${JSON_TEXT} Anything else?`, '12.5'), ['total']);
    assert.deepEqual(await fieldsOf(`Of 12 pages:\n\`\`\`json\n${JSON_TEXT}\n\`\`\`\n`, '12.5'), ['total']);
    assert.deepEqual(await fieldsOf(`Of 12 pages:\n\`\`\`json\n${JSON_TEXT}\n\`\`\`\n`, 'Of 12'), []);
  });
});

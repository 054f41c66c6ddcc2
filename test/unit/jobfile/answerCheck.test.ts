import assert from 'node:assert/strict';
import type { JsonSchema } from '../../../src/core/job.ts';
import { createAnswerCheck } from '../../../src/jobfile/answerCheck.ts';

const INVOICE = {
  type: 'object',
  properties: { total: { type: 'number', minimum: 0 }, note: { type: 'string', maxLength: 5 } },
  required: ['total'],
};
const check = createAnswerCheck();

/** The value of an answer that is valid. */
async function valueOf(schema: object, answer: string): Promise<unknown> {
  const checked = await check(schema as JsonSchema, answer);
  assert.ok(checked.ok, checked.ok ? '' : checked.message);
  return checked.value;
}

describe('The check of an answer', () => {
  it('finds the JSON that is all of it, in its code block, or between its braces', async () => {
    for (const answer of [
      '{"total": 1}',
      '\uFEFF{"total": 1}',
      ' \n{"total": 1}\r\n',
      'Here it is:\n```json\n{"total": 1}\n```\nAnything else?',
      '```\n{"total": 1}\n```',
      'The answer is {"total": 1}, I think.',
    ])
      assert.deepEqual(await valueOf(INVOICE, answer), { total: 1 }, answer);
    const list = { type: 'array', items: { type: 'number' } };
    assert.deepEqual(await valueOf(list, '```json\n[1, 2]\n```'), [1, 2]);
  });

  it('says what is wrong and where, a few things at a time', async () => {
    for (const [answer, says] of [
      ['no JSON at all', /^The answer is not JSON\.$/],
      ['', /^The answer is not JSON\.$/],
      ['{"total": 1', /^The answer is not JSON\.$/],
      ['{"total": -1}', /^\/total must be >= 0\.$/],
      ['{}', /^The answer must have required property 'total'\.$/],
      ['{"total": 1, "note": "far too long"}', /^\/note must NOT have more than 5 characters\.$/],
      ['{"total": "1", "note": 2}', /^\/total must be number; \/note must be string\.$/],
      ['null', /^The answer must be object\.$/],
    ] as const) {
      const checked = await check(INVOICE, answer);
      assert.ok(!checked.ok, answer);
      assert.match(checked.message, says);
    }
    const many = await check({ type: 'array', items: { type: 'number' } }, '["a","b","c","d","e","f","g"]');
    assert.equal(many.ok ? 0 : many.message.split(';').length, 5);
  });

  it('takes a null for what is not there, where a service had to say something', async () => {
    const person = {
      type: 'object',
      properties: { name: { type: 'string' }, boss: { $ref: '#/$defs/person' } },
      required: ['name'],
    };
    const kinds = {
      anyOf: [
        {
          type: 'object',
          properties: { kind: { const: 'a' }, note: { type: 'string' } },
          required: ['kind'],
        },
        {
          type: 'object',
          properties: { kind: { const: 'b' }, note: { type: ['string', 'null'] } },
          required: ['kind', 'note'],
        },
      ],
    };
    const whole = (schema: object): object => ({
      type: 'object',
      properties: { it: schema },
      required: ['it'],
      $defs: { person },
    });
    const cases: readonly (readonly [object, unknown, unknown])[] = [
      [{ type: 'object', properties: { a: { type: 'string' } } }, { a: null }, {}],
      [
        { type: 'object', properties: { a: { type: ['string', 'null'] }, b: { type: 'string' } } },
        { a: null, b: null },
        { a: null },
      ],
      [
        { type: 'object', properties: { a: { enum: ['x', null] }, b: { enum: ['x'] } } },
        { a: null, b: null },
        { a: null },
      ],
      [{ type: 'object', properties: { 'a/b~c %': { type: 'string' } } }, { 'a/b~c %': null }, {}],
      [
        { $ref: '#/$defs/person' },
        { name: 'A', boss: { name: 'B', boss: null } },
        { name: 'A', boss: { name: 'B' } },
      ],
      [{ type: 'array', items: { $ref: '#/$defs/person' } }, [{ name: 'A', boss: null }], [{ name: 'A' }]],
      [
        { type: 'array', prefixItems: [{ type: 'null' }, { $ref: '#/$defs/person' }] },
        [null, { name: 'A', boss: null }],
        [null, { name: 'A' }],
      ],
      [
        { type: 'object', additionalProperties: { $ref: '#/$defs/person' } },
        { x: { name: 'A', boss: null } },
        { x: { name: 'A' } },
      ],
      [kinds, { kind: 'a', note: null }, { kind: 'a' }],
      [kinds, { kind: 'b', note: null }, { kind: 'b', note: null }],
      [
        { allOf: [{ $ref: '#/$defs/person' }, { type: 'object', properties: { age: { type: 'number' } } }] },
        { name: 'A', boss: null, age: null },
        { name: 'A' },
      ],
    ];
    for (const [schema, answer, kept] of cases)
      assert.deepEqual(
        await valueOf(whole(schema), JSON.stringify({ it: answer })),
        { it: kept },
        JSON.stringify(schema),
      );
  });

  it('takes no null for what is required', async () => {
    const checked = await check(INVOICE, '{"total": null}');
    assert.match(checked.ok ? '' : checked.message, /\/total must be number/);
  });

  it('lets no number pass that would be kept as another', async () => {
    const any = { type: 'object', properties: { account: { type: 'integer' } } };
    const number = { type: 'object', properties: { account: { type: 'number' } } };
    for (const digits of [
      '9007199254740993',
      '12345678901234567890',
      '-9007199254740995',
      `1${'0'.repeat(400)}`,
    ]) {
      const checked = await check(any, `{"account": ${digits}}`);
      assert.match(
        checked.ok ? '' : checked.message,
        new RegExp(`the number ${digits}, of more digits.*string`),
      );
    }
    for (const digits of [
      '9007199254740992',
      '9007199254740991',
      '100000000000000000000',
      '0.1',
      '1e21',
      '1234567890.12345678',
    ])
      assert.deepEqual(await valueOf(number, `{"account": ${digits}}`), { account: Number(digits) });
    // As text it may have any number of digits.
    assert.equal((await check({ type: 'object' }, '{"account": "12345678901234567890"}')).ok, true);
  });

  it('by a schema that is none loses no answer: none is valid, and the reason is said', async () => {
    for (const [schema, says] of [
      [{ type: 'text' }, /its schema is none: \/type/],
      [{ type: 'string', minLength: 'x' }, /its schema is none: \/minLength must be integer/],
      [{ $ref: '#/$defs/nobody' }, /its schema is none: .*nobody/],
      [{ type: 'string', pattern: '(' }, /its schema is none: .*[Rr]egular expression/],
    ] as const) {
      const checked = await check(schema, '"a"');
      assert.ok(!checked.ok);
      assert.match(checked.message, says);
    }
  });

  it('checks many answers by one schema, and by several at once', async () => {
    const texts = { type: 'string' };
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        i % 2 === 0 ? check(INVOICE, `{"total": ${String(i)}}`) : check(texts, '"a"'),
      ),
    );
    assert.ok(all.every(({ ok }) => ok));
  });
});

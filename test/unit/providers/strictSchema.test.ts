import assert from 'node:assert/strict';
import { transformJSONSchema } from '@anthropic-ai/sdk/lib/transform-json-schema';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { toStrictJsonSchema } from 'openai/lib/transform';
import * as z from 'zod';
import type { Job, JsonSchema } from '../../../src/core/job.ts';
import { toJsonSchema } from '../../../src/core/responseModel.ts';
import { createAnswerCheck } from '../../../src/jobfile/answerCheck.ts';
import { schemaIssue as anthropicIssue, toRequest } from '../../../src/providers/anthropic/request.ts';
import { schemaIssue as geminiIssue, toLine as toGeminiLine } from '../../../src/providers/gemini/request.ts';
import { schemaIssue as openaiIssue, toLine as toOpenAILine } from '../../../src/providers/openai/request.ts';

interface Service {
  readonly name: string;
  /** The schema as it is sent. */
  readonly form: (schema: JsonSchema) => JsonSchema;
  readonly issue: (schema: JsonSchema) => string | undefined;
}

const jobWith = (responseSchema: JsonSchema): Job => ({
  id: 'a',
  model: 'm',
  maxTokens: 1,
  prompt: 'p',
  responseSchema,
});
const ANTHROPIC: Service = {
  name: 'Anthropic',
  form: (schema) => {
    const format = toRequest(jobWith(schema), 'id').params.output_config?.format;
    assert.ok(format?.type === 'json_schema');
    return format.schema;
  },
  issue: anthropicIssue,
};
const OPENAI: Service = {
  name: 'OpenAI',
  form: (schema) => {
    const format = toOpenAILine(jobWith(schema), 'id').body.text?.format;
    assert.ok(format?.type === 'json_schema' && format.strict === true);
    return format.schema;
  },
  issue: (schema) => openaiIssue(schema, 'OpenAI'),
};
const GEMINI: Service = {
  name: 'Gemini',
  form: (schema) =>
    toGeminiLine(jobWith(schema), 'id').request.generationConfig['responseJsonSchema'] as JsonSchema,
  issue: geminiIssue,
};
const SERVICES = [ANTHROPIC, OPENAI, GEMINI];

/** An object of one required property, which is what most of a table is about. */
const around = (schema: unknown): JsonSchema => ({
  type: 'object',
  properties: { a: schema },
  required: ['a'],
});
const inside = (form: JsonSchema): unknown => (form['properties'] as Readonly<Record<string, unknown>>)['a'];

/** What a property becomes with each service; a regular expression: why it is refused. */
const TABLE: readonly (readonly [
  what: string,
  property: unknown,
  anthropic: unknown,
  openai: unknown,
  gemini: unknown,
])[] = [
  [
    'keywords that one service knows and another does not',
    { type: 'string', minLength: 2, maxLength: 5, pattern: '^a+$' },
    { type: 'string', description: '(minLength: 2; maxLength: 5; pattern: "^a+$")' },
    { type: 'string', pattern: '^a+$', description: '(minLength: 2; maxLength: 5)' },
    { type: 'string', description: '(minLength: 2; maxLength: 5; pattern: "^a+$")' },
  ],
  [
    'words behind a description',
    { type: 'string', title: 'Name', description: 'Of a person.', maxLength: 5 },
    { type: 'string', title: 'Name', description: 'Of a person. (maxLength: 5)' },
    { type: 'string', title: 'Name', description: 'Of a person. (maxLength: 5)' },
    { type: 'string', title: 'Name', description: 'Of a person. (maxLength: 5)' },
  ],
  [
    'patterns that look ahead, back, or at what was before',
    { type: 'string', pattern: '^(?!x)(?<=y)(a)\\1' },
    { type: 'string', description: '(pattern: "^(?!x)(?<=y)(a)\\\\1")' },
    { type: 'string', description: '(pattern: "^(?!x)(?<=y)(a)\\\\1")' },
    { type: 'string', description: '(pattern: "^(?!x)(?<=y)(a)\\\\1")' },
  ],
  [
    'numbers and their bounds',
    { type: 'integer', minimum: 0, exclusiveMaximum: 10, multipleOf: 2 },
    { type: 'integer', description: '(minimum: 0; exclusiveMaximum: 10; multipleOf: 2)' },
    { type: 'integer', minimum: 0, exclusiveMaximum: 10, multipleOf: 2 },
    { type: 'integer', minimum: 0, description: '(exclusiveMaximum: 10; multipleOf: 2)' },
  ],
  ...['date-time', 'date', 'time'].map(
    (format) =>
      [
        `the format ${format}, which all know`,
        { type: 'string', format },
        { type: 'string', format },
        { type: 'string', format },
        { type: 'string', format },
      ] as const,
  ),
  ...['duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid'].map(
    (format) =>
      [
        `the format ${format}, which Gemini does not know`,
        { type: 'string', format },
        { type: 'string', format },
        { type: 'string', format },
        { type: 'string', description: `(format: "${format}")` },
      ] as const,
  ),
  [
    'the format uri, which Anthropic alone knows',
    { type: 'string', format: 'uri' },
    { type: 'string', format: 'uri' },
    { type: 'string', description: '(format: "uri")' },
    { type: 'string', description: '(format: "uri")' },
  ],
  [
    'a format that nobody knows',
    { type: 'string', format: 'iban' },
    { type: 'string', description: '(format: "iban")' },
    { type: 'string', description: '(format: "iban")' },
    { type: 'string', description: '(format: "iban")' },
  ],
  [
    'lists and their bounds',
    { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 3, uniqueItems: true },
    {
      type: 'array',
      items: { type: 'string' },
      minItems: 1,
      description: '(maxItems: 3; uniqueItems: true)',
    },
    {
      type: 'array',
      items: { type: 'string' },
      minItems: 1,
      maxItems: 3,
      description: '(uniqueItems: true)',
    },
    {
      type: 'array',
      items: { type: 'string' },
      minItems: 1,
      maxItems: 3,
      description: '(uniqueItems: true)',
    },
  ],
  [
    'a list of at least two',
    { type: 'array', items: { type: 'string' }, minItems: 2 },
    { type: 'array', items: { type: 'string' }, description: '(minItems: 2)' },
    { type: 'array', items: { type: 'string' }, minItems: 2 },
    { type: 'array', items: { type: 'string' }, minItems: 2 },
  ],
  [
    'a schema for each place of a list',
    { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: false, minItems: 2 },
    {
      type: 'array',
      items: { anyOf: [{ type: 'string' }, { type: 'number' }] },
      description: '(prefixItems: [{"type":"string"},{"type":"number"}]; minItems: 2)',
    },
    {
      type: 'array',
      items: { anyOf: [{ type: 'string' }, { type: 'number' }] },
      minItems: 2,
      description: '(prefixItems: [{"type":"string"},{"type":"number"}])',
    },
    { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], minItems: 2 },
  ],
  [
    'values',
    { type: 'string', enum: ['a', 'b'] },
    { enum: ['a', 'b'] },
    { type: 'string', enum: ['a', 'b'] },
    { type: 'string', enum: ['a', 'b'] },
  ],
  [
    'values of several types, null among them, without a type',
    { enum: ['a', 1, null] },
    { enum: ['a', 1, null] },
    { type: ['string', 'number', 'null'], enum: ['a', 1, null] },
    { type: ['string', 'number', 'null'], enum: ['a', 1, null] },
  ],
  [
    'one value',
    { const: 'a' },
    { enum: ['a'] },
    { type: 'string', enum: ['a'] },
    { type: 'string', enum: ['a'] },
  ],
  [
    'values that are objects',
    { enum: [{ a: 1 }] },
    /objects or lists as values.*at properties\/a/,
    /objects or lists as values/,
    /objects or lists as values/,
  ],
  [
    'a type or null',
    { type: ['string', 'null'] },
    { type: ['string', 'null'] },
    { type: ['string', 'null'] },
    { type: ['string', 'null'] },
  ],
  [
    'an object or null',
    { type: ['object', 'null'], properties: { b: { type: 'string' } }, required: ['b'] },
    {
      anyOf: [
        {
          type: 'object',
          properties: { b: { type: 'string' } },
          required: ['b'],
          additionalProperties: false,
        },
        { type: 'null' },
      ],
    },
    {
      type: ['object', 'null'],
      properties: { b: { type: 'string' } },
      required: ['b'],
      additionalProperties: false,
    },
    {
      type: ['object', 'null'],
      properties: { b: { type: 'string' } },
      required: ['b'],
      additionalProperties: false,
    },
  ],
  [
    'null as OpenAPI says it',
    { type: 'string', nullable: true },
    { type: ['string', 'null'] },
    { type: ['string', 'null'] },
    { type: ['string', 'null'] },
  ],
  [
    'one of several',
    { oneOf: [{ type: 'string' }, { type: 'null' }], description: 'Or none.' },
    { anyOf: [{ type: 'string' }, { type: 'null' }], description: 'Or none.' },
    { anyOf: [{ type: 'string' }, { type: 'null' }], description: 'Or none.' },
    { anyOf: [{ type: 'string' }, { type: 'null' }], description: 'Or none.' },
  ],
  [
    'a choice that only narrows down',
    {
      type: 'object',
      properties: { b: { type: 'string' }, c: { type: 'string' } },
      required: ['b', 'c'],
      anyOf: [{ required: ['b'] }, { required: ['c'] }],
    },
    ...Array<unknown>(3).fill({
      type: 'object',
      properties: { b: { type: 'string' }, c: { type: 'string' } },
      required: ['b', 'c'],
      additionalProperties: false,
      description: '(anyOf: [{"required":["b"]},{"required":["c"]}])',
    }),
  ] as unknown as (typeof TABLE)[number],
  [
    'a choice beside properties',
    {
      type: 'object',
      properties: { b: { type: 'string' } },
      anyOf: [{ properties: { c: { type: 'string' } } }],
    },
    /"anyOf" beside "properties".*at properties\/a/,
    /"anyOf" beside "properties"/,
    /"anyOf" beside "properties"/,
  ],
  [
    'all of one',
    { allOf: [{ type: 'string', maxLength: 3 }], description: 'Short.' },
    { type: 'string', description: 'Short. (maxLength: 3)' },
    { type: 'string', description: 'Short. (maxLength: 3)' },
    { type: 'string', description: 'Short. (maxLength: 3)' },
  ],
  [
    'all of several objects',
    {
      allOf: [
        { type: 'object', properties: { b: { type: 'string' } }, required: ['b'] },
        { properties: { c: { type: 'number' } }, required: ['c'] },
      ],
    },
    ...Array<unknown>(3).fill({
      type: 'object',
      properties: { b: { type: 'string' }, c: { type: 'number' } },
      required: ['b', 'c'],
      additionalProperties: false,
    }),
  ] as unknown as (typeof TABLE)[number],
  [
    'all of several that contradict each other',
    { allOf: [{ type: 'string' }, { type: 'number' }] },
    /"allOf" that nothing fits/,
    /"allOf" that nothing fits/,
    /"allOf" that nothing fits/,
  ],
  [
    'all of several that forbid each other’s properties',
    {
      allOf: [
        { type: 'object', properties: { b: { type: 'string' } }, additionalProperties: false },
        { type: 'object', properties: { c: { type: 'string' } } },
      ],
    },
    /one part forbids "c"/,
    /one part forbids "c"/,
    /one part forbids "c"/,
  ],
  [
    'an optional property',
    { type: 'object', properties: { b: { type: 'string' }, c: { enum: ['x'] }, d: { type: 'null' } } },
    {
      type: 'object',
      properties: { b: { type: 'string' }, c: { enum: ['x'] }, d: { type: 'null' } },
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: {
        b: { type: ['string', 'null'] },
        c: { anyOf: [{ type: 'string', enum: ['x'] }, { type: 'null' }] },
        d: { type: 'null' },
      },
      required: ['b', 'c', 'd'],
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: { b: { type: 'string' }, c: { type: 'string', enum: ['x'] }, d: { type: 'null' } },
      additionalProperties: false,
    },
  ],
  [
    'properties of any name',
    { type: 'object', additionalProperties: { type: 'number' } },
    /properties of any name.*list of pairs \(at properties\/a\)/,
    /properties of any name/,
    { type: 'object', additionalProperties: { type: 'number' } },
  ],
  [
    'properties whose names follow a pattern',
    { type: 'object', patternProperties: { '^x': { type: 'number' } } },
    /properties of any name/,
    /properties of any name/,
    /properties of any name/,
  ],
  [
    'an object of anything',
    { type: 'object' },
    /object without named properties/,
    /object without named properties/,
    /object without named properties/,
  ],
  [
    'an object of nothing',
    { type: 'object', additionalProperties: false },
    { type: 'object', properties: {}, additionalProperties: false },
    { type: 'object', properties: {}, required: [], additionalProperties: false },
    { type: 'object', properties: {}, additionalProperties: false },
  ],
  [
    'a required property that is not described',
    { type: 'object', properties: { b: { type: 'string' } }, required: ['b', 'c'] },
    /requires "c", of which it says nothing/,
    /requires "c"/,
    /requires "c"/,
  ],
  ...[true, {}, { description: 'Anything.' }].map(
    (schema) =>
      [
        `anything: ${JSON.stringify(schema)}`,
        schema,
        /allows anything somewhere/,
        /allows anything somewhere/,
        /allows anything somewhere/,
      ] as const,
  ),
  ['nothing', false, /forbids everything/, /forbids everything/, /forbids everything/],
  [
    'a list of anything',
    { type: 'array' },
    /nothing of what is in a list/,
    /nothing of what is in a list/,
    /nothing of what is in a list/,
  ],
  [
    'a type that its keywords tell',
    { properties: { b: { items: { minLength: 1 } } }, required: ['b'] },
    {
      type: 'object',
      properties: { b: { type: 'array', items: { type: 'string', description: '(minLength: 1)' } } },
      required: ['b'],
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: { b: { type: 'array', items: { type: 'string', description: '(minLength: 1)' } } },
      required: ['b'],
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: { b: { type: 'array', items: { type: 'string', description: '(minLength: 1)' } } },
      required: ['b'],
      additionalProperties: false,
    },
  ],
  [
    'a type that is none',
    { type: 'text' },
    /type "text" that is none/,
    /type "text" that is none/,
    /type "text" that is none/,
  ],
  [
    'what says nothing of the answer',
    { type: 'string', default: 'x', examples: ['y'], $comment: 'z', deprecated: true, readOnly: true },
    { type: 'string' },
    { type: 'string' },
    { type: 'string' },
  ],
  [
    'conditions',
    { type: 'string', not: { const: 'x' }, if: { minLength: 1 }, then: { maxLength: 2 } },
    ...Array<unknown>(3).fill({
      type: 'string',
      description: '(not: {"const":"x"}; if: {"minLength":1}; then: {"maxLength":2})',
    }),
  ] as unknown as (typeof TABLE)[number],
  [
    'a reference that leads nowhere',
    { $ref: '#/$defs/nobody' },
    /refers to "#\/\$defs\/nobody", which is not a place/,
    /refers to "#\/\$defs\/nobody"/,
    /refers to "#\/\$defs\/nobody"/,
  ],
  [
    'a reference to somewhere else',
    { $ref: 'https://example.com/a.json' },
    /refers to "https:\/\/example\.com\/a\.json"/,
    /refers to "https:/,
    /refers to "https:/,
  ],
];

const PERSON = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
const CLOSED_PERSON = { ...PERSON, additionalProperties: false };
const TREE = {
  type: 'object',
  properties: { value: { type: 'string' }, children: { type: 'array', items: { $ref: '#' } } },
  required: ['value', 'children'],
};

describe('A schema in the form of a service', () => {
  for (const [what, property, ...expected] of TABLE)
    for (const [i, service] of SERVICES.entries())
      it(`${service.name}: ${what}`, () => {
        const schema = around(property);
        const wanted = expected[i];
        if (wanted instanceof RegExp) {
          assert.match(service.issue(schema) ?? '', wanted);
          assert.match(
            service.issue(schema) ?? '',
            new RegExp(`^${service.name} does not take this schema: it `),
          );
          assert.throws(() => service.form(schema));
        } else {
          assert.equal(service.issue(schema), undefined);
          assert.deepEqual(inside(service.form(schema)), wanted);
        }
      });

  it('has a root that is an object with OpenAI, and any with the others', () => {
    for (const schema of [
      { type: 'array', items: { type: 'string' } },
      { type: 'string' },
      { anyOf: [PERSON, around({ type: 'number' })] },
      { type: ['object', 'null'], properties: { a: { type: 'string' } } },
    ]) {
      assert.match(OPENAI.issue(schema) ?? '', /not one of an object.*Put the answer into a property/);
      assert.equal(ANTHROPIC.issue(schema), undefined);
      assert.equal(GEMINI.issue(schema), undefined);
    }
  });

  it('begins behind a reference that is all there is', () => {
    const schema = {
      $ref: '#/$defs/person',
      $defs: { person: PERSON },
      $schema: 'https://json-schema.org/x',
    };
    for (const { form } of SERVICES) assert.deepEqual(form(schema), CLOSED_PERSON);
    for (const { issue } of SERVICES)
      assert.match(
        issue({ $ref: '#/$defs/a', $defs: { a: { $ref: '#' } } }) ?? '',
        /references to themselves/,
      );
  });

  it('has the definitions that are used, by names that are allowed, each once', () => {
    const schema = {
      type: 'object',
      properties: {
        author: { $ref: '#/definitions/a%20person' },
        editor: { $ref: '#/definitions/a person', description: 'Who read it.' },
        reader: { $ref: '#/properties/author' },
      },
      required: ['author', 'editor', 'reader'],
      definitions: { 'a person': PERSON, unused: { type: 'object' } },
    };
    for (const { form } of SERVICES)
      assert.deepEqual(form(schema), {
        type: 'object',
        properties: {
          author: { $ref: '#/$defs/a_person' },
          // No service takes anything beside a reference.
          editor: { anyOf: [{ $ref: '#/$defs/a_person' }], description: 'Who read it.' },
          reader: { $ref: '#/$defs/author' },
        },
        required: ['author', 'editor', 'reader'],
        additionalProperties: false,
        $defs: { a_person: CLOSED_PERSON, author: { $ref: '#/$defs/a_person' } },
      });
  });

  it('may refer to itself with OpenAI and Gemini, and not with Anthropic', () => {
    const linked = {
      type: 'object',
      properties: { first: { $ref: '#/$defs/node' } },
      required: ['first'],
      $defs: {
        node: {
          type: 'object',
          properties: {
            value: { type: 'string' },
            next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] },
          },
          required: ['value', 'next'],
        },
      },
    };
    for (const schema of [
      TREE,
      linked,
      {
        $ref: '#/$defs/tree',
        $defs: {
          tree: {
            ...TREE,
            properties: { ...TREE.properties, children: { type: 'array', items: { $ref: '#/$defs/tree' } } },
          },
        },
      },
    ]) {
      for (const { issue } of [OPENAI, GEMINI]) assert.equal(issue(schema), undefined);
      assert.match(
        ANTHROPIC.issue(schema) ?? '',
        /refers to (?:itself|"node" within "node").*as many levels as there can be/,
      );
    }
    assert.deepEqual(inside(around((OPENAI.form(TREE)['properties'] as JsonSchema)['children'])), {
      type: 'array',
      items: { $ref: '#' },
    });
    const mutual = {
      ...around({ $ref: '#/$defs/x' }),
      $defs: { x: around({ $ref: '#/$defs/y' }), y: around({ type: 'array', items: { $ref: '#/$defs/x' } }) },
    };
    assert.match(ANTHROPIC.issue(mutual) ?? '', /"x" within "x"/);
    assert.match(
      OPENAI.issue({
        ...around({ $ref: '#/$defs/x' }),
        $defs: { x: { allOf: [{ $ref: '#/$defs/x' }, PERSON] } },
      }) ?? '',
      /"allOf" that refers to itself/,
    );
  });

  it('is no larger than a service takes', () => {
    const deep = (levels: number): JsonSchema =>
      levels === 1 ? around({ type: 'string' }) : around(deep(levels - 1));
    assert.equal(OPENAI.issue(deep(10)), undefined);
    assert.match(OPENAI.issue(deep(11)) ?? '', /11 objects within one another, and there may be 10/);
    assert.equal(ANTHROPIC.issue(deep(11)), undefined);
    const wide = (count: number, of: unknown, required = true): JsonSchema => {
      const names = Array.from({ length: count }, (_, i) => `p${String(i)}`);
      return {
        type: 'object',
        properties: Object.fromEntries(names.map((name) => [name, of])),
        ...(required ? { required: names } : {}),
      };
    };
    assert.equal(OPENAI.issue(wide(5_000, { type: 'string' })), undefined);
    assert.match(
      OPENAI.issue(wide(5_001, { type: 'string' })) ?? '',
      /5001 properties, and there may be 5000/,
    );
    assert.equal(ANTHROPIC.issue(wide(24, { type: 'string' }, false)), undefined);
    assert.match(
      ANTHROPIC.issue(wide(25, { type: 'string' }, false)) ?? '',
      /25 properties that are not required.*24/,
    );
    assert.equal(ANTHROPIC.issue(wide(16, { type: ['string', 'null'] })), undefined);
    assert.match(
      ANTHROPIC.issue(wide(17, { type: ['string', 'null'] })) ?? '',
      /17 properties of several types.*16/,
    );
    const values = (count: number, length: number): JsonSchema =>
      around({ enum: Array.from({ length: count }, (_, i) => String(i).padStart(length, '0')) });
    assert.equal(OPENAI.issue(values(1_000, 4)), undefined);
    assert.match(OPENAI.issue(values(1_001, 4)) ?? '', /1001 values of enums, and there may be 1000/);
    assert.equal(OPENAI.issue(values(250, 100)), undefined);
    assert.equal(OPENAI.issue(values(300, 50)), undefined);
    assert.match(OPENAI.issue(values(300, 51)) ?? '', /enum of 15300 characters.*15000/);
    assert.match(OPENAI.issue(values(250, 500)) ?? '', /12\d{4} characters of names and values.*120000/);
  });

  it('that is nothing of the kind is refused in words, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(broken(), fc.dictionary(fc.string(), fc.jsonValue())), (schema) => {
        for (const { issue, form } of SERVICES) {
          const why = issue(schema as JsonSchema);
          if (why === undefined) assert.ok(typeof form(schema as JsonSchema) === 'object');
          else assert.match(why, /^\w+ does not take this schema: it .+\.$/s);
        }
      }),
      { numRuns: 700 },
    );
  });
});

/** A schema of which a part was replaced by anything. */
function broken(): fc.Arbitrary<unknown> {
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>(null, 'x', 7, [], {}, [null], ['a'], true, false, { $ref: '#' }),
  );
  const key = fc.constantFrom(
    ...[
      'type',
      'properties',
      'required',
      'additionalProperties',
      'items',
      'prefixItems',
      'anyOf',
      'oneOf',
      'allOf',
    ],
    ...[
      'enum',
      'const',
      '$ref',
      '$defs',
      'description',
      'title',
      'format',
      'pattern',
      'minItems',
      'nullable',
    ],
  );
  return fc
    .tuple(samples(), fc.array(fc.tuple(key, anything), { minLength: 1, maxLength: 3 }))
    .map(([{ schema }, changes]) => ({ ...schema, ...Object.fromEntries(changes) }));
}

/** A schema with an instance that fits it, as the person has it and as a service that requires everything sends it. */
interface Sample {
  readonly schema: JsonSchema;
  readonly instance: unknown;
  readonly filled: unknown;
}

/** Random schemas with a random instance each: of every keyword that has to do with the structure. */
function samples(): fc.Arbitrary<Sample> {
  const leaf: fc.Arbitrary<Sample> = fc.oneof(
    same(fc.string({ maxLength: 5 }), { type: 'string', maxLength: 5 }),
    same(fc.integer({ min: 0, max: 9 }), { type: 'integer', minimum: 0 }),
    same(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { type: 'number' }),
    same(fc.boolean(), { type: 'boolean', description: 'Yes or no.' }),
    same(fc.option(fc.string()), { type: ['string', 'null'] }),
    same(fc.constantFrom('a', 'b'), { type: 'string', enum: ['a', 'b', 'c'] }),
    same(fc.constantFrom(null, 'a', 3), { enum: ['a', 3, null] }),
    same(fc.constant('only'), { const: 'only' }),
    same(fc.constant('2026-11-20'), { type: 'string', format: 'date' }),
    same(fc.constant(null), { type: 'null' }),
    same(fc.constant({ name: 'Anna' }), { $ref: '#/$defs/person' }),
  );
  const { node } = fc.letrec<{ node: Sample }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      objects(tie('node')),
      fc.array(tie('node'), { maxLength: 3 }).chain(listOf),
      fc.tuple(tie('node'), tie('node'), fc.boolean()).map(([a, b, first]) => {
        const { instance, filled } = first ? a : b;
        return { schema: { anyOf: [a.schema, b.schema] }, instance, filled };
      }),
      fc.tuple(tie('node'), tie('node')).map(([a, b]) => ({
        schema: { type: 'array', prefixItems: [a.schema, b.schema], items: false, minItems: 2 },
        instance: [a.instance, b.instance],
        filled: [a.filled, b.filled],
      })),
      fc.tuple(objects(tie('node'), 'x'), objects(tie('node'), 'y')).map(([a, b]) => ({
        schema: { allOf: [a.schema, b.schema] },
        instance: { ...(a.instance as object), ...(b.instance as object) },
        filled: { ...(a.filled as object), ...(b.filled as object) },
      })),
    ),
  }));
  return objects(node).map(({ schema, ...rest }) => ({
    ...rest,
    schema: {
      ...schema,
      $defs: { person: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } },
    },
  }));
}

function same(instances: fc.Arbitrary<unknown>, schema: JsonSchema): fc.Arbitrary<Sample> {
  return instances.map((instance) => ({ schema, instance, filled: instance }));
}

/** A list whose items are of one schema, of which all but the first instance are the first's again. */
function listOf(samples: readonly Sample[]): fc.Arbitrary<Sample> {
  const [first] = samples;
  if (first === undefined)
    return fc.constant({ schema: { type: 'array', items: { type: 'string' } }, instance: [], filled: [] });
  return fc.constant({
    schema: { type: 'array', items: first.schema },
    instance: samples.map(() => first.instance),
    filled: samples.map(() => first.filled),
  });
}

function objects(inside: fc.Arbitrary<Sample>, prefix = 'p'): fc.Arbitrary<Sample> {
  const property = fc.record({ sample: inside, isRequired: fc.boolean(), isThere: fc.boolean() });
  return fc.array(property, { minLength: 1, maxLength: 4 }).map((properties) => {
    const names = ['a b', 'c/d~', 'é', '__x'].map((name) => prefix + name);
    const named = properties.map((one, i) => ({ ...one, name: names[i] ?? '' }));
    const required = named.filter(({ isRequired }) => isRequired).map(({ name }) => name);
    const there = named.filter(({ isRequired, isThere }) => isRequired || isThere);
    return {
      schema: {
        type: 'object',
        properties: Object.fromEntries(named.map(({ name, sample }) => [name, sample.schema])),
        ...(required.length > 0 ? { required } : {}),
      },
      instance: Object.fromEntries(there.map(({ name, sample }) => [name, sample.instance])),
      filled: Object.fromEntries(
        named.map((one) => [one.name, there.includes(one) ? one.sample.filled : null]),
      ),
    };
  });
}

/** Without what is null, of which nobody can tell whether it is there. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, part]) => (part === null ? [] : [[name, withoutNulls(part)]])),
  );
}

const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false, addUsedSchema: false });
const accepts = (schema: JsonSchema, value: unknown): boolean => {
  const accepted = ajv.validate(schema, value);
  ajv.removeSchema(schema);
  return accepted;
};

describe('Any schema, and any answer that fits it', () => {
  const checkAnswer = createAnswerCheck();

  for (const service of SERVICES)
    it(`${service.name} may answer so by its own form, and the answer that is kept is the one that was meant`, async () => {
      let sent = 0;
      await fc.assert(
        fc.asyncProperty(samples(), async ({ schema, instance, filled }) => {
          assert.ok(accepts(schema, instance), 'the instance fits the person’s schema');
          if (service.issue(schema) !== undefined) {
            assert.match(service.issue(schema) ?? '', /may be/); // it may be too large
            return;
          }
          sent += 1;
          const form = service.form(schema);
          const answer = service === OPENAI ? filled : instance;
          assert.ok(accepts(form, answer), JSON.stringify(form));
          const checked = await checkAnswer(schema, JSON.stringify(answer));
          assert.ok(checked.ok, checked.ok ? '' : `${checked.message} ${JSON.stringify({ schema, answer })}`);
          assert.deepEqual(withoutNulls(checked.value), withoutNulls(JSON.parse(JSON.stringify(instance))));
          assert.ok(accepts(schema, checked.value));
        }),
        { numRuns: 80 },
      );
      assert.ok(sent > 55, String(sent));
    }).timeout(60_000);

  it('takes a form with Anthropic and OpenAI that their own SDKs have nothing to add to', () => {
    fc.assert(
      fc.property(samples(), ({ schema }) => {
        if (ANTHROPIC.issue(schema) === undefined) {
          const form = ANTHROPIC.form(schema);
          assert.deepEqual(transformJSONSchema(form), form);
        }
        if (OPENAI.issue(schema) === undefined) {
          const form = OPENAI.form(schema);
          assert.deepEqual(toStrictJsonSchema(structuredClone(form) as never), form);
        }
      }),
      { numRuns: 200 },
    );
  }).timeout(60_000);

  it('every row of the table above likewise', () => {
    for (const [what, property, anthropic, openai] of TABLE) {
      const schema = around(property);
      if (!(anthropic instanceof RegExp))
        assert.deepEqual(transformJSONSchema(ANTHROPIC.form(schema)), ANTHROPIC.form(schema), what);
      if (!(openai instanceof RegExp))
        assert.deepEqual(toStrictJsonSchema(OPENAI.form(schema) as never), OPENAI.form(schema), what);
    }
  });
});

describe('Schemas of libraries', () => {
  const Kind = z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('invoice'), total: z.number() }),
    z.object({ kind: z.literal('letter'), from: z.string().optional() }),
  ]);
  const Model = z.object({
    name: z.string().min(1).describe('As it is written.'),
    mail: z.email().optional(),
    count: z.int().positive(),
    day: z.iso.date().nullable(),
    tags: z.array(z.enum(['a', 'b'])).default([]),
    pair: z.tuple([z.string(), z.number()]),
    kind: Kind,
  });

  it('of zod, itself or as a Standard Schema, are the same JSON Schema', () => {
    const direct = toJsonSchema(Model);
    const standard = toJsonSchema({ '~standard': Model['~standard'] });
    assert.deepEqual(standard, direct);
    const { properties } = direct as { readonly properties: Readonly<Record<string, unknown>> };
    assert.deepEqual(properties['count'], {
      type: 'integer',
      exclusiveMinimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
    });
    // What is given, not what may be passed: a default is there.
    assert.ok((direct['required'] as readonly string[]).includes('tags'));
  });

  it('are taken by every service, and their answers are as zod gives them', async () => {
    const schema = toJsonSchema(Model);
    const answer: z.infer<typeof Model> = {
      name: 'A',
      count: 2,
      day: null,
      tags: ['a'],
      pair: ['x', 1],
      kind: { kind: 'letter' },
    };
    for (const service of SERVICES) {
      assert.equal(service.issue(schema), undefined);
      const sent =
        service === OPENAI ? { ...answer, mail: null, kind: { kind: 'letter', from: null } } : answer;
      assert.ok(accepts(service.form(schema), sent), service.name);
      const checked = await createAnswerCheck()(schema, JSON.stringify(sent));
      assert.deepEqual(checked.ok && checked.value, answer);
      assert.deepEqual(Model.parse(answer), answer);
    }
    // zod's pattern of mail addresses looks ahead, which OpenAI refuses.
    assert.doesNotMatch(JSON.stringify(OPENAI.form(schema)), /"pattern":"[^"]*\(\?[!=]/);
  });

  it('that refer to themselves are taken where they may be', () => {
    const Tree = z.object({
      value: z.string(),
      get children() {
        return z.array(Tree);
      },
    });
    const schema = toJsonSchema(Tree);
    assert.equal(OPENAI.issue(schema), undefined);
    assert.equal(GEMINI.issue(schema), undefined);
    assert.match(ANTHROPIC.issue(schema) ?? '', /refers to itself/);
  });

  it('that are more than data are refused with what to do', () => {
    for (const model of [
      z.object({ at: z.date() }),
      z.object({ n: z.bigint() }),
      z.string().transform(Number),
    ])
      assert.throws(() => toJsonSchema(model), {
        code: 'validation',
        message: /made with zod, cannot be said as JSON/,
      });
    const standard = {
      '~standard': {
        version: 1 as const,
        vendor: 'other',
        jsonSchema: {
          output: () => {
            throw new Error('no dates');
          },
        },
      },
    };
    assert.throws(() => toJsonSchema(standard), { code: 'validation', message: /made with other.*no dates/ });
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { JsonObject } from '../../../src/protocol/editorSurface.ts';
import { globsOf } from '../../../src/webview/editor/parts/globText.ts';
import {
  addField,
  FIELD_TYPES,
  fieldsOf,
  freeName,
  NEW_SCHEMA,
  removeField,
  renameField,
  setDescription,
  setRequired,
  setType,
  setValues,
} from '../../../src/webview/editor/parts/schemaFields.ts';

const INVOICE: JsonObject = {
  $comment: 'Of the auditors.',
  type: 'object',
  properties: {
    total: { type: ['number', 'null'], description: 'Sum payable', minimum: 0 },
    lines: {
      type: 'array',
      maxItems: 50,
      items: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
    },
    odd: { anyOf: [{ type: 'string' }, { type: 'number' }] },
  },
  required: ['total', 'lines'],
  additionalProperties: false,
};

describe('fields of a schema', () => {
  it('are listed with what is inside them', () => {
    assert.deepEqual(
      fieldsOf(INVOICE).map(({ path, type, nullable, required, description, itemType }) => [
        path.join('.'),
        type,
        nullable,
        required,
        description,
        itemType,
      ]),
      [
        ['total', 'number', true, true, 'Sum payable', undefined],
        ['lines', 'array', false, true, '', 'object'],
        ['lines.[].text', 'string', false, true, '', undefined],
        ['odd', undefined, false, false, '', undefined],
      ],
    );
  });

  it('are changed at their place, and what nobody named stays', () => {
    let schema = renameField(INVOICE, ['total'], 'sum');
    schema = setDescription(schema, ['lines', '[]', 'text'], 'One line');
    schema = setValues(schema, ['lines', '[]', 'text'], ['a', 'b']);
    schema = addField(schema, ['lines', '[]'], freeName(schema, ['lines', '[]']));
    schema = setType(schema, ['sum'], 'integer');
    schema = setRequired(schema, ['lines'], false);
    schema = removeField(schema, ['odd']);
    assert.deepEqual(schema, {
      $comment: 'Of the auditors.',
      type: 'object',
      properties: {
        sum: { type: ['integer', 'null'], description: 'Sum payable', minimum: 0 },
        lines: {
          type: 'array',
          maxItems: 50,
          items: {
            type: 'object',
            properties: {
              text: { type: 'string', description: 'One line', enum: ['a', 'b'] },
              field: { type: 'string', description: '' },
            },
            required: ['text', 'field'],
            additionalProperties: false,
          },
        },
      },
      required: ['sum'],
      additionalProperties: false,
    });
    for (const taken of ['lines', '']) assert.deepEqual(renameField(schema, ['sum'], taken), schema);
  });

  it('keep every keyword that they do not know, whatever is done to others', () => {
    const step = fc.record({ what: fc.nat(5), which: fc.nat(), type: fc.constantFrom(...FIELD_TYPES) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        let schema = addField(INVOICE, [], 'kept');
        const kept = { type: 'string', description: 'x', pattern: '^a', 'x-own': { deep: [1] } };
        schema = { ...schema, properties: { ...(schema['properties'] as JsonObject), kept } };
        for (const { what, which, type } of steps) {
          const fields = fieldsOf(schema).filter(({ name }) => name !== 'kept');
          const { path } = fields[which % Math.max(1, fields.length)] ?? { path: [] };
          if (path.length === 0 || what === 0) schema = addField(schema, [], freeName(schema, []));
          else if (what === 1) schema = removeField(schema, path);
          else if (what === 2) schema = renameField(schema, path, `n${String(which % 7)}`);
          else if (what === 3) schema = setType(schema, path, type);
          else if (what === 4) schema = setRequired(schema, path, which % 2 === 0);
          else schema = setValues(schema, path, which % 2 === 0 ? [] : ['a']);
          assert.deepEqual((schema['properties'] as JsonObject)['kept'], kept);
          assert.equal(schema['$comment'], 'Of the auditors.');
          const required = schema['required'] as readonly string[];
          for (const name of required)
            assert.ok(Object.hasOwn(schema['properties'] as JsonObject, name), name);
        }
      }),
    );
  });

  it('begin with one', () => {
    assert.deepEqual(addField(NEW_SCHEMA, [], 'total'), {
      type: 'object',
      properties: { total: { type: 'string', description: '' } },
      required: ['total'],
      additionalProperties: false,
    });
  });
});

describe('globs as they are typed', () => {
  it('are parted by lines and by commas outside of braces', () => {
    assert.deepEqual(globsOf(' a.md, docs/**/*.{md,pdf} \n!old/**\n\n'), [
      'a.md',
      'docs/**/*.{md,pdf}',
      '!old/**',
    ]);
    assert.deepEqual(globsOf('a{b,c\nd,e'), ['a{b,c', 'd', 'e']);
    assert.deepEqual(globsOf('  '), []);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseTemplate, renderTemplate, type TemplateScope } from '../../../src/jobfile/templates.ts';

const row: Readonly<Record<string, string>> = {
  name: 'Ann {{file.path}} {{row.name}} $& $1',
  'First Name': 'Ann',
  Straße: 'Weg 1',
  'a }} b': 'braces',
  ' edge ': 'spaces',
};

function fill(text: string, scope: TemplateScope = 'rows'): string {
  const { parts, issues } = parseTemplate(text, scope);
  assert.deepEqual(issues, []);
  return renderTemplate(parts, { cellId: 'c1', filePath: 'docs/a.b.md', column: (name) => row[name] });
}

function issuesOf(text: string, scope: TemplateScope, inOutput = false): readonly string[] {
  return parseTemplate(text, scope, inOutput).issues.map(({ message }) => message);
}

describe('templates', () => {
  it('fill every part of a path', () => {
    const text = '{{file.name}}|{{file.path}}|{{ file.dir }}|{{file.stem}}|{{file.ext}}|{{cell.id}}';
    assert.equal(fill(text, 'files'), 'a.b.md|docs/a.b.md|docs|a.b|md|c1');
    const { parts } = parseTemplate('{{file.dir}}|{{file.stem}}|{{file.ext}}', 'files');
    assert.equal(renderTemplate(parts, { cellId: 'c', filePath: '.env' }), '.|.env|');
  });

  it('reach columns with spaces, letters of any script, braces and spaces at the ends', () => {
    assert.equal(
      fill('{{row.First Name}}, {{ row.Straße }}, {{row["a }} b"]}}, {{row[" edge "]}}'),
      'Ann, Weg 1, braces, spaces',
    );
    assert.equal(fill('{{row.Straße}}'.normalize('NFD')), 'Weg 1');
  });

  it('never expand a value again', () => {
    assert.equal(fill('{{row.name}}'), row['name']);
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const { parts } = parseTemplate('{{row.a}}|{{row.b}}', 'rows');
        const text = renderTemplate(parts, { cellId: 'c', column: (name) => (name === 'a' ? a : b) });
        assert.equal(text, `${a}|${b}`);
      }),
    );
  });

  it('leave everything else as it stands, and take an escaped brace literally', () => {
    assert.equal(fill('a } b { c }} \\{{row.name}} \n é'), 'a } b { c }} {{row.name}} \n é');
  });

  it('name what is wrong with a variable and the nearest known one', () => {
    assert.match(issuesOf('{{file.nmae}}', 'files')[0] ?? '', /Did you mean "file.name"/);
    assert.match(issuesOf('{{name}}', 'rows')[0] ?? '', /row.<column>/);
    assert.match(issuesOf('{{file.name}}', 'rows')[0] ?? '', /only cells of kind "files"/);
    assert.match(issuesOf('{{row.x}}', 'files')[0] ?? '', /only cells of kind "rows"/);
    assert.match(issuesOf('{{row.}}', 'rows')[0] ?? '', /names no column/);
    assert.match(issuesOf('{{row["\\q"]}}', 'rows')[0] ?? '', /not a string/);
    assert.match(issuesOf('a {{ b', 'files')[0] ?? '', /not closed/);
    assert.match(issuesOf('{{}}', 'messages')[0] ?? '', /There is no variable/);
  });

  it('know the run in "output" only', () => {
    assert.match(issuesOf('{{run.id}}', 'files')[0] ?? '', /known in "output" only/);
    const { parts, issues } = parseTemplate('{{run.id}}', 'files', true);
    assert.deepEqual(issues, []);
    assert.equal(renderTemplate(parts, { cellId: 'c', runId: 'r1' }), 'r1');
  });

  it('refuse a row that lacks the column, by name', () => {
    const { parts } = parseTemplate('{{row.gone}}', 'rows');
    assert.throws(() => renderTemplate(parts, { cellId: 'c', column: () => undefined }), /no column "gone"/);
  });
});

import fc from 'fast-check';

/** What parsers stumble over: in place of a value, a part of one, or anything. */
const AWKWARD = [
  'null',
  'true',
  '-1',
  '0',
  '1e999',
  '9007199254740993',
  '""',
  '{}',
  '[]',
  '[[[[[[[[[[[[',
  '{"a":'.repeat(500),
  '"\\ud800"',
  '\\u0000',
  '\uFEFF',
  '\u2028',
  '\u202E',
  '__proto__',
  'constructor',
  '\0',
  '\n',
  '\r\n',
  '<html>',
  '../../../../etc/passwd',
  '{{file.path}}',
  '*'.repeat(200),
];

type Mutation = (text: string) => string;

const place = fc.double({ min: 0, max: 1, noNaN: true });
const within = (text: string, at: number): number => Math.floor(at * text.length);
const linesOf = (text: string): string[] => text.split('\n');

/** Puts something in the place of a JSON value, counted over the text. */
function replaceValue(text: string, at: number, value: string): string {
  const values = [...text.matchAll(/(?<=[:[,]\s*)(?:"(?:[^"\\]|\\.)*"|-?[\d.]+|true|false|null)/g)];
  const found = values[within('x'.repeat(values.length), at)];
  if (found === undefined) return text + value;
  return text.slice(0, found.index) + value + text.slice(found.index + found[0].length);
}

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, fc.constantFrom(...AWKWARD)).map(
    ([at, value]): Mutation =>
      (text) =>
        replaceValue(text, at, value),
  ),
  fc.tuple(place, fc.constantFrom(...AWKWARD)).map(
    ([at, value]): Mutation =>
      (text) =>
        text.slice(0, within(text, at)) + value + text.slice(within(text, at)),
  ),
  fc.tuple(place, fc.nat(0xffff)).map(
    ([at, code]): Mutation =>
      (text) =>
        text.slice(0, within(text, at)) + String.fromCharCode(code) + text.slice(within(text, at) + 1),
  ),
  place.map(
    (at): Mutation =>
      (text) =>
        text.slice(0, within(text, at)),
  ),
  place.map(
    (at): Mutation =>
      (text) =>
        text.slice(within(text, at)),
  ),
  fc.tuple(place, place).map(([from, to]): Mutation => (text) => {
    const [a = 0, b = 0] = [within(text, from), within(text, to)].sort((x, y) => x - y);
    return text.slice(0, a) + text.slice(b);
  }),
  fc.tuple(place, place).map(([from, to]): Mutation => (text) => {
    const lines = linesOf(text);
    const [a, b] = [Math.floor(from * lines.length), Math.floor(to * lines.length)];
    [lines[a], lines[b]] = [lines[b] ?? '', lines[a] ?? ''];
    return lines.join('\n');
  }),
  place.map((at): Mutation => (text) => {
    const lines = linesOf(text);
    const line = Math.floor(at * lines.length);
    return lines.toSpliced(line, 0, lines[line] ?? '').join('\n');
  }),
  place.map((at): Mutation => (text) => {
    const lines = linesOf(text);
    return lines.toSpliced(Math.floor(at * lines.length), 1).join('\n');
  }),
);

/** One to four things that go wrong with a text. */
export const mutations: fc.Arbitrary<Mutation> = fc.array(mutation, { minLength: 1, maxLength: 4 }).map(
  (all): Mutation =>
    (text) =>
      all.reduce((changed, change) => change(changed), text),
);

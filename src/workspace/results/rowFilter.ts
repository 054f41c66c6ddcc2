import type { ResultsRule, RuleOp } from '../../core/resultsQuery.ts';
import type { ColumnValue } from './rowEntry.ts';

/** Whether a value is what a rule asks for. What is not there fits no rule but `isEmpty` and `isNot`. */
export function fits(value: ColumnValue, { op, value: wanted }: Pick<ResultsRule, 'op' | 'value'>): boolean {
  const isEmpty = value === undefined || value === null || value === '';
  switch (op) {
    case 'isEmpty':
      return isEmpty;
    case 'isNot':
      return isEmpty || !equals(value, wanted);
    case 'is':
      return !isEmpty && equals(value, wanted);
    case 'contains':
      return !isEmpty && String(value).toLowerCase().includes(wanted.toLowerCase());
    case 'less':
    case 'atMost':
    case 'more':
    case 'atLeast':
      return !isEmpty && isOrdered(value, op, wanted);
  }
}

/** Whether the beginning of a long text cannot tell. */
export function needsWhole({ op }: Pick<ResultsRule, 'op'>): boolean {
  return op === 'contains' || op === 'is' || op === 'isNot';
}

const YES: ReadonlySet<string> = new Set(['true', 'yes']);
const NO: ReadonlySet<string> = new Set(['false', 'no']);

function equals(value: string | number | boolean, wanted: string): boolean {
  const text = wanted.trim().toLowerCase();
  if (typeof value === 'number') return numberOf(text) === value;
  if (typeof value === 'boolean') return (value ? YES : NO).has(text);
  return value.trim().toLowerCase() === text;
}

function isOrdered(
  value: string | number | boolean,
  op: Extract<RuleOp, 'less' | 'atMost' | 'more' | 'atLeast'>,
  wanted: string,
): boolean {
  const sign = orderOf(value, wanted.trim());
  if (sign === undefined) return false;
  switch (op) {
    case 'less':
      return sign < 0;
    case 'atMost':
      return sign <= 0;
    case 'more':
      return sign > 0;
    case 'atLeast':
      return sign >= 0;
  }
}

/** `undefined`: the two cannot be compared. */
function orderOf(value: string | number | boolean, wanted: string): number | undefined {
  if (wanted === '' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') {
    const number = numberOf(wanted);
    return Number.isNaN(number) ? undefined : value - number;
  }
  const [a, b] = [value.toLowerCase(), wanted.toLowerCase()];
  return a < b ? -1 : a > b ? 1 : 0;
}

const parts = new Intl.NumberFormat().formatToParts(12_345.6);
const GROUP = parts.find(({ type }) => type === 'group')?.value ?? ',';
const DECIMAL = parts.find(({ type }) => type === 'decimal')?.value ?? '.';
const GROUPED = new RegExp(`^[+-]?[1-9]\\d{0,2}(?:[${GROUP}]\\d{2,3})+(?:[${DECIMAL}]\\d*)?$`, 'u');

/** A number as people write it: also with a sign of money, and in groups as their language has them. NaN: it is none. */
function numberOf(text: string): number {
  const bare = text.replaceAll(/[\p{Sc}\s]/gu, '');
  if (bare === '') return NaN;
  const plain = GROUPED.test(bare) ? bare.replaceAll(GROUP, '') : bare;
  const number = Number(plain.replace(DECIMAL, '.'));
  return Number.isNaN(number) ? Number(bare) : number;
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** Order of two values: numbers, then texts by the person's language, then yes and no; what is not there comes last. */
export function compareValues(a: ColumnValue, b: ColumnValue): number {
  const [kindA, kindB] = [kindOf(a), kindOf(b)];
  if (kindA !== kindB) return kindA - kindB;
  if (typeof a === 'string' && typeof b === 'string') return collator.compare(a, b);
  return Number(a) - Number(b) || 0;
}

function kindOf(value: ColumnValue): number {
  switch (typeof value) {
    case 'number':
      return 0;
    case 'string':
      return value === '' ? 3 : 1;
    case 'boolean':
      return 2;
    default:
      return 3;
  }
}

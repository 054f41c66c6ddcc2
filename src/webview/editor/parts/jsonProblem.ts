import * as l10n from '@vscode/l10n';
import { parse, printParseErrorCode, type ParseError } from 'jsonc-parser';

/** Why `JSON.parse` does not take a text, with line and column of the first wrong place; `undefined` where it does. */
export function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const errors: ParseError[] = [];
    parse(text, errors, { disallowComments: true });
    const [first] = errors;
    if (first === undefined) return String(error);
    const before = text.slice(0, first.offset).split('\n');
    const column = (before.at(-1)?.length ?? 0) + 1;
    return l10n.t(
      'Line {0}, column {1}: {2}',
      before.length,
      column,
      words(printParseErrorCode(first.error)),
    );
  }
}

function words(code: string): string {
  switch (code) {
    case 'CommaExpected':
      return l10n.t('a comma is missing.');
    case 'ColonExpected':
      return l10n.t('a colon is missing.');
    case 'PropertyNameExpected':
      return l10n.t('a name in double quotes is missing.');
    case 'ValueExpected':
      return l10n.t('a value is missing.');
    case 'CloseBraceExpected':
      return l10n.t('a closing brace is missing.');
    case 'CloseBracketExpected':
      return l10n.t('a closing bracket is missing.');
    case 'UnexpectedEndOfString':
      return l10n.t('a closing quote is missing.');
    case 'InvalidCommentToken':
      return l10n.t('JSON has no comments.');
    default:
      return l10n.t('this is not JSON.');
  }
}

import { isBatchbookError } from '../../core/errors.ts';
import type { InputFile, Job, JsonSchema } from '../../core/job.ts';
import type { TokenEstimate } from '../../core/provider.ts';
import { decodeText } from '../text/decode.ts';
import { extensionOf } from '../text/format.ts';
import { kindOf } from './inputContent.ts';
import { officeText } from './officeText.ts';
import { pdfFacts } from './pdfFacts.ts';

/** How far above the expectation money is set aside (promise P3): shown beside every estimate. */
const TEXT_MARGIN = 1.25;
const PICTURE_MARGIN = 1.6;
/** A service's own form of a schema is longer than the person's, and it explains to the model what to do with it. */
const SCHEMA_SHARE = 1.5;
const SCHEMA_FRAME = 150;

/** What one piece of an input takes with a model. */
export interface TokenRates {
  /** Characters of ASCII in one token. */
  readonly asciiPerToken: number;
  /** Tokens of one character beyond ASCII. */
  readonly perOtherCharacter: number;
  /** Of a PDF, its pages as pictures included. */
  readonly perPage: number;
  readonly perImage: number;
}

/** Estimates a job's prompt on this machine: characters, pages and pictures; nothing is sent. Never throws. */
export function estimateTokens(job: Job, rates: TokenRates): TokenEstimate {
  const texts = [job.system ?? '', job.prompt ?? '', ...(job.messages ?? []).map(({ content }) => content)];
  let text = texts.reduce((sum, part) => sum + textTokens(part, rates), 0);
  if (job.responseSchema !== undefined) text += schemaTokens(job.responseSchema, rates);
  let pictures = 0;
  if (job.file !== undefined) {
    const kind = kindOf(job.file);
    if (kind === 'pdf') pictures = (pdfFacts(job.file.bytes).pages ?? 1) * rates.perPage;
    else if (kind === 'image') pictures = rates.perImage;
    else text += textTokens(textOf(job.file), rates);
  }
  // Roles, separators and the service's own words around them.
  const frame = 20 + 8 * (job.messages?.length ?? 1);
  return {
    expected: Math.ceil(text + pictures + frame),
    upperBound: Math.ceil((text + frame) * TEXT_MARGIN + pictures * PICTURE_MARGIN),
  };
}

/** The most that a schema adds to a prompt that a service has counted without it. */
export function schemaBound(schema: JsonSchema, rates: TokenRates): number {
  return Math.ceil(schemaTokens(schema, rates) * TEXT_MARGIN);
}

function schemaTokens(schema: JsonSchema, rates: TokenRates): number {
  return SCHEMA_FRAME + SCHEMA_SHARE * textTokens(JSON.stringify(schema), rates);
}

/** A character outside the basic plane, such as an emoji, counts as two. */
function textTokens(text: string, rates: TokenRates): number {
  let other = 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) other += 1;
  return (text.length - other) / rates.asciiPerToken + other * rates.perOtherCharacter;
}

/** What a model reads of a file; its bytes where it cannot be read, which is an issue of its own. */
function textOf(file: InputFile): string {
  if (kindOf(file) === 'office') return officeText(file.bytes, extensionOf(file.path)) ?? bytesAsText(file);
  try {
    return decodeText(file.path, file.bytes);
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    return bytesAsText(file);
  }
}

function bytesAsText({ bytes }: InputFile): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

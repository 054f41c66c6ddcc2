import type { InputFile, Job } from '../../core/job.ts';
import type { TokenEstimate } from '../../core/provider.ts';
import { kindOf } from './inputContent.ts';

/** How far above the expectation money is set aside (promise P3): shown beside every estimate. */
const TEXT_MARGIN = 1.25;
const PICTURE_MARGIN = 1.6;

/** What one piece of an input takes with a service. */
export interface TokenRates {
  /** Characters of ASCII in one token. */
  readonly asciiPerToken: number;
  /** Tokens of one character beyond ASCII. */
  readonly perOtherCharacter: number;
  /** Of a PDF, its pages as pictures included. */
  readonly perPage: number;
  readonly perImage: number;
}

/** Estimates a job's prompt on this machine: characters, pages and pictures; nothing is sent. */
export function estimateTokens(job: Job, rates: TokenRates): TokenEstimate {
  const texts = [
    job.system ?? '',
    job.prompt ?? '',
    ...(job.messages ?? []).map(({ content }) => content),
    job.responseSchema === undefined ? '' : JSON.stringify(job.responseSchema),
  ];
  let text = texts.reduce((sum, part) => sum + textTokens(part, rates), 0);
  let pictures = 0;
  if (job.file !== undefined) {
    const kind = kindOf(job.file);
    if (kind === 'pdf') pictures = pagesOf(job.file) * rates.perPage;
    else if (kind === 'image') pictures = rates.perImage;
    else text += fileTokens(job.file, rates);
  }
  // Roles, separators and the service's own words around them.
  const frame = 20 + 8 * (job.messages?.length ?? 1);
  return {
    expected: Math.ceil(text + pictures + frame),
    upperBound: Math.ceil((text + frame) * TEXT_MARGIN + pictures * PICTURE_MARGIN),
  };
}

function textTokens(text: string, rates: TokenRates): number {
  let other = 0;
  for (const character of text) if (character > '\x7f') other += 1;
  return (text.length - other) / rates.asciiPerToken + other * rates.perOtherCharacter;
}

/** By its bytes: three of UTF-8 beyond ASCII are about one character. */
function fileTokens({ bytes }: InputFile, rates: TokenRates): number {
  let ascii = 0;
  for (const byte of bytes) if (byte < 0x80) ascii += 1;
  return ascii / rates.asciiPerToken + ((bytes.length - ascii) / 2) * rates.perOtherCharacter;
}

/** Pages that the file names; where it names none (they are in compressed objects), by its size. */
function pagesOf({ bytes }: InputFile): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const named = text.match(/\/Type\s*\/Page(?![a-zA-Z])/g)?.length ?? 0;
  return named > 0 ? named : Math.max(1, Math.ceil(bytes.length / 40_000));
}

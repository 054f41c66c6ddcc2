import { isBatchbookError } from '../../core/errors.ts';
import type { InputFile } from '../../core/job.ts';
import type { ModelConfig } from '../../core/modelConfig.ts';
import { decodeText } from '../text/decode.ts';
import { extensionOf } from '../text/format.ts';
import { base64Length, kindOf, nameOf, pictureType } from './inputContent.ts';
import { officeText } from './officeText.ts';
import { pdfFacts } from './pdfFacts.ts';

/** What a service takes in one request (documentation, November 2026). */
export interface InputLimits {
  /** Bytes of one encoded request. */
  readonly maxRequestBytes: number;
  /** Bytes of a file as it is on the disk; absent: what the request leaves. */
  readonly maxFileBytes?: number;
  /** Characters of a picture in base64; absent: what the request leaves. */
  readonly maxImageCharacters?: number;
  /** Pages of a PDF; absent: what the model's window leaves. */
  readonly maxPdfPages?: (model: ModelConfig) => number;
}

/**
 * Why a file cannot be sent to a model as it is, in a sentence that names it and says what to do; `undefined` where it
 * can. Nothing is cut or converted in silence, and nothing is sent that the service would take for something else.
 */
export function fileIssue(file: InputFile, model: ModelConfig, limits: InputLimits): string | undefined {
  const name = nameOf(file);
  if (file.bytes.length === 0) return `${name} is empty (0 bytes).`;
  const kind = kindOf(file);
  const what =
    kind === 'text' ? textIssue(file) : (typeIssue(file, model) ?? contentIssue(file, model, limits));
  if (what !== undefined) return what;
  const { maxFileBytes = Infinity } = limits;
  return file.bytes.length > maxFileBytes && kind !== 'text'
    ? `${name} has ${String(file.bytes.length)} bytes, and a file may have ${String(maxFileBytes)}. Split it.`
    : undefined;
}

/** By its name, and a picture by its content. */
function typeIssue(file: InputFile, { name: model, fileTypes }: ModelConfig): string | undefined {
  const isPicture = kindOf(file) === 'image';
  const named = extensionOf(file.path);
  const type = isPicture ? (pictureType(file.bytes) ?? named) : named;
  if (fileTypes.includes('*') || fileTypes.includes(type)) return undefined;
  const what = type === named ? `${nameOf(file)} is a .${type} file` : `${nameOf(file)} is in truth ${type}`;
  return `${what}, which ${model} does not take. It takes ${['text', ...fileTypes].join(', ')}: convert it, or choose another model.`;
}

function contentIssue(file: InputFile, model: ModelConfig, limits: InputLimits): string | undefined {
  switch (kindOf(file)) {
    case 'pdf':
      return pdfIssue(file, model, limits.maxPdfPages?.(model) ?? Infinity);
    case 'image':
      return pictureIssue(file, limits.maxImageCharacters ?? Infinity);
    case 'office':
      return officeText(file.bytes, extensionOf(file.path)) === undefined
        ? `${nameOf(file)} cannot be read as a .${extensionOf(file.path)} file: it is damaged, encrypted or something else. Save it anew.`
        : undefined;
    case 'text':
      return undefined;
  }
}

function pdfIssue(file: InputFile, model: ModelConfig, mostPages: number): string | undefined {
  const name = nameOf(file);
  const { isPdf, isEncrypted, pages } = pdfFacts(file.bytes);
  if (!isPdf) return `${name} is no PDF, whatever its name says.`;
  if (isEncrypted)
    return `${name} is encrypted, so that no service reads it. Save a copy without a password.`;
  if (pages === undefined) return `${name} has no page that can be found: it may be damaged. Save it anew.`;
  return pages > mostPages
    ? `${name} has ${String(pages)} pages, and ${model.name} reads at most ${String(mostPages)} of a PDF. Split it.`
    : undefined;
}

function pictureIssue(file: InputFile, mostCharacters: number): string | undefined {
  if (pictureType(file.bytes) === undefined) return `${nameOf(file)} is no picture, whatever its name says.`;
  const characters = base64Length(file.bytes.length);
  return characters > mostCharacters
    ? `${nameOf(file)} has ${String(characters)} bytes as it is sent, and a picture may have ${String(mostCharacters)}. Make it smaller.`
    : undefined;
}

function textIssue(file: InputFile): string | undefined {
  const name = nameOf(file);
  if (pdfFacts(file.bytes.subarray(0, 8)).isPdf)
    return `${name} is a PDF by its content. Give it the extension .pdf.`;
  try {
    return decodeText(name, file.bytes).trim() === '' ? `${name} has no text in it.` : undefined;
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    return error.userMessage;
  }
}

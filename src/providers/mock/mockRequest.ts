import { createHash } from 'node:crypto';
import type { InputFile, Job, JsonSchema, Message } from '../../core/job.ts';
import { MockServiceError } from './mockServiceError.ts';

/** A file inside a request. */
export interface MockFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The content, where it is valid UTF-8; else `base64` has it. */
  readonly text?: string;
  readonly base64?: string;
}

/** One row on the wire of the pretend service. */
export interface MockRequest {
  readonly customId: string;
  readonly model: string;
  readonly maxTokens: number;
  readonly system?: string;
  readonly temperature?: number;
  readonly effort?: string;
  readonly enableCitations?: boolean;
  readonly cache?: boolean;
  readonly responseSchema?: JsonSchema;
  readonly messages: readonly Message[];
  readonly file?: MockFile;
}

/** A job as the pretend service takes it. */
export function toMockRequest(job: Job, customId: string): MockRequest {
  return {
    customId,
    model: job.model,
    maxTokens: job.maxTokens,
    ...(job.system !== undefined && { system: job.system }),
    ...(job.temperature !== undefined && { temperature: job.temperature }),
    ...(job.effort !== undefined && { effort: job.effort }),
    ...(job.enableCitations !== undefined && { enableCitations: job.enableCitations }),
    ...(job.cache === true && { cache: true }),
    ...(job.responseSchema !== undefined && { responseSchema: job.responseSchema }),
    messages: messagesOf(job),
    ...(job.file !== undefined && { file: toMockFile(job.file) }),
  };
}

/** Input tokens of a job or of its request, by one rule for both: a quarter of the bytes, rounded up. */
export function inputTokensOf(input: Job | MockRequest): number {
  const parts = [
    input.system ?? '',
    ...messagesOf(input).map((message) => message.content),
    input.responseSchema === undefined ? '' : JSON.stringify(input.responseSchema),
  ];
  const fileBytes = input.file?.bytes ?? 0;
  const bytes =
    parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0) +
    (typeof fileBytes === 'number' ? fileBytes : fileBytes.byteLength);
  return Math.max(1, Math.ceil(bytes / 4));
}

/** The rows of a body. @throws MockServiceError `invalidRequest`, naming the line. */
export function parseBody(body: string, nonce: string, model: string): MockRequest[] {
  const lines = body.split('\n').filter((line) => line !== '');
  if (lines.length === 0) throw new MockServiceError('invalidRequest', 'The body has no rows.');
  const seen = new Set<string>();
  return lines.map((line, index) => {
    const request = parseLine(line, index + 1);
    const { customId } = request;
    const wrong = (message: string): MockServiceError =>
      new MockServiceError('invalidRequest', `Line ${String(index + 1)}: ${message}`);
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(customId)) throw wrong(`custom id "${customId}" has a wrong form.`);
    if (!customId.startsWith(`${nonce}-`)) throw wrong(`custom id "${customId}" is not of batch ${nonce}.`);
    if (seen.has(customId)) throw wrong(`custom id "${customId}" stands twice.`);
    if (request.model !== model) throw wrong(`model "${request.model}" in a batch of "${model}".`);
    seen.add(customId);
    return request;
  });
}

function parseLine(line: string, lineNumber: number): MockRequest {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new MockServiceError('invalidRequest', `Line ${String(lineNumber)} is not JSON.`, { cause });
  }
  if (!isRequest(value)) {
    throw new MockServiceError('invalidRequest', `Line ${String(lineNumber)} is not a request.`);
  }
  return value;
}

function isRequest(value: unknown): value is MockRequest {
  const request = value as Partial<Record<keyof MockRequest, unknown>> | null;
  return (
    typeof request === 'object' &&
    request !== null &&
    typeof request.customId === 'string' &&
    typeof request.model === 'string' &&
    typeof request.maxTokens === 'number' &&
    Array.isArray(request.messages)
  );
}

function messagesOf(input: Job | MockRequest): readonly Message[] {
  if (input.messages !== undefined) return input.messages;
  return [{ role: 'user', content: 'prompt' in input ? (input.prompt ?? '') : '' }];
}

function toMockFile(file: InputFile): MockFile {
  const content = Buffer.from(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength);
  const common = {
    path: file.path,
    bytes: content.byteLength,
    sha256: createHash('sha256').update(content).digest('hex'),
  };
  try {
    return { ...common, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content) };
  } catch {
    return { ...common, base64: content.toString('base64') };
  }
}

import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { Ajv, type ValidateFunction } from 'ajv';

/** The types of `sdkTypes.ts`. */
const SDK_TYPES = [
  'AnthropicBatchCreate',
  'AnthropicCountTokens',
  'AnthropicBatch',
  'AnthropicResultLine',
  'AnthropicModel',
  'AnthropicError',
  'OpenAIBatchCreate',
  'OpenAIRequest',
  'OpenAICountTokens',
  'OpenAIBatch',
  'OpenAIFile',
  'OpenAIResponse',
  'OpenAIModel',
  'GeminiContents',
  'GeminiConfig',
  'GeminiFile',
  'GeminiResponse',
] as const;
export type SdkType = (typeof SDK_TYPES)[number];

/** What the vendors themselves say, in their SDKs' types, that goes over the wire. */
export interface SdkSchemas {
  /** What is wrong with something that we send: whatever the type does not name is wrong. */
  sent(type: SdkType, value: unknown): string | undefined;
  /** What is wrong with something that we are answered: services may say more than their types. */
  answered(type: SdkType, value: unknown): string | undefined;
}

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const TYPES = fileURLToPath(new URL('sdkTypes.ts', import.meta.url));
/** What decides how the schemas come out. */
const PACKAGES = ['@anthropic-ai/sdk', 'openai', '@google/genai', 'ts-json-schema-generator', 'typescript'];

let schemas: Promise<SdkSchemas> | undefined;

/**
 * Schemas of the SDKs' own types, made of the installed packages: nothing of them is written down here. It takes some
 * seconds, and for the same packages only once: they are kept beside them.
 */
export function sdkSchemas(): Promise<SdkSchemas> {
  schemas ??= load();
  return schemas;
}

async function load(): Promise<SdkSchemas> {
  const file = path.join(ROOT, 'node_modules', '.cache', 'batchbook', `sdk-schemas-${await version()}.json`);
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  const closed = kept ?? JSON.stringify(await generate());
  if (kept === undefined) await keep(file, closed);
  // The same, but that objects may have more in them.
  const open = closed.replaceAll('"additionalProperties":false', '"additionalProperties":true');
  return { sent: validator(closed), answered: validator(open) };
}

async function generate(): Promise<Readonly<Record<string, unknown>>> {
  const { createGenerator } = await import('ts-json-schema-generator');
  const generator = createGenerator({
    path: TYPES,
    tsconfig: path.join(ROOT, 'tsconfig.json'),
    skipTypeCheck: true,
    additionalProperties: false,
    expose: 'none',
    topRef: false,
    jsDoc: 'none',
  });
  return Object.fromEntries(SDK_TYPES.map((type) => [type, generator.createSchema(type)]));
}

function validator(text: string): (type: SdkType, value: unknown) => string | undefined {
  const all = JSON.parse(text) as Readonly<Record<SdkType, object>>;
  const ajv = new Ajv({ strict: false, logger: false, validateFormats: false });
  const compiled = new Map<SdkType, ValidateFunction>();
  return (type, value) => {
    const validate = compiled.get(type) ?? ajv.compile(all[type]);
    compiled.set(type, validate);
    if (validate(value)) return undefined;
    const errors = (validate.errors ?? []).slice(0, 4);
    const words = errors.map(({ instancePath, message, params }) =>
      [instancePath, message, JSON.stringify(params)].join(' '),
    );
    return `no ${type}: ${words.join('; ')} in ${inspect(value, { depth: 8, breakLength: Infinity }).slice(0, 400)}`;
  };
}

async function version(): Promise<string> {
  const manifests = PACKAGES.map((name) => path.join(ROOT, 'node_modules', name, 'package.json'));
  const versions = await Promise.all(
    manifests.map(async (file) => (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version),
  );
  const parts = [
    ...versions,
    await readFile(TYPES, 'utf8'),
    await readFile(fileURLToPath(import.meta.url), 'utf8'),
  ];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}

/** Another process may be about the same. Where nothing can be kept they are made again the next time. */
async function keep(file: string, text: string): Promise<void> {
  const fresh = `${file}.${String(process.pid)}`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(fresh, text);
    await rename(fresh, file);
  } catch (error) {
    process.stderr.write(`The schemas of the SDKs could not be kept: ${String(error)}\n`);
  }
}

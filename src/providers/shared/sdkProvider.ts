import { ProviderError } from '../../core/errors.ts';
import type { Job, JsonSchema } from '../../core/job.ts';
import type { ModelConfig } from '../../core/modelConfig.ts';
import type { JobIssue, TokenEstimate } from '../../core/provider.ts';
import { keyFingerprint, type Access } from '../../core/serviceAccess.ts';
import { accessProblem } from './accessProblem.ts';
import type { InputLimits } from './fileIssue.ts';
import { jobIssues } from './jobIssues.ts';
import { ownFetch } from './ownFetch.ts';
import { estimateTokens, type TokenRates } from './tokenEstimate.ts';
import { providerErrorOf, strangeAnswer, type Attempted, type Wording } from './wireErrors.ts';
import { withoutKey } from './withoutKey.ts';

/** How long a call without a large body may take. */
export const READ_TIMEOUT_MS = 60_000;
/**
 * Clocks differ: batches of this long before an intent are still looked at. This machine's may be set for another time
 * zone, or have stood still; a batch that is not found for that might be sent again.
 */
export const SKEW_MS = 26 * 3_600_000;
/** At least this many bytes a second go up; a body that takes longer has stalled. */
const SLOWEST_UPLOAD = 50_000;

/** What tells one service from another, as far as all are worked with alike. */
export interface ServiceFacts {
  /** Name in the registry, such as `openai`. */
  readonly name: string;
  /** Environment variable of the key, for the message where there is none. */
  readonly keyVariable: string;
  readonly wording: Wording;
  readonly inputs: InputLimits;
  /** By the name of a model. */
  readonly rates: (model: string) => TokenRates;
}

/** What the providers on an SDK share: who they are, what they refuse, and what becomes of an error that the SDK throws. */
export abstract class SdkProvider<Client> {
  readonly name: string;
  readonly title: string;
  readonly models: readonly ModelConfig[];
  readonly findsEveryBatch = false;
  readonly origin: string;
  readonly isVendor: boolean;
  readonly hasKey: boolean;
  readonly keyFingerprint: string | undefined;
  protected readonly access: Access;
  /** For the SDK, in place of Node's own: it goes to `origin` only (promise P6). */
  protected readonly fetch: typeof fetch;
  readonly #facts: ServiceFacts;
  #client: Promise<Client> | undefined;

  protected constructor(facts: ServiceFacts, access: Access, models: readonly ModelConfig[]) {
    this.#facts = facts;
    this.name = facts.name;
    this.title = facts.wording.title;
    this.access = access;
    this.models = models;
    this.origin = access.origin;
    this.isVendor = access.isVendor;
    this.fetch = ownFetch(this.title, this.origin);
    this.hasKey = access.apiKey !== undefined;
    this.keyFingerprint = access.apiKey === undefined ? undefined : keyFingerprint(access.apiKey);
  }

  /** Loads the SDK and makes its client in a bare environment: everything is named to it (promise P6). */
  protected abstract connect(apiKey: string): Promise<Client>;
  /**
   * The cheapest call that needs the key and costs nothing. Nothing of the person's goes with it (promise P7), and it is
   * made once only.
   * @returns Whether the answer is one of the service.
   */
  protected abstract probe(client: Client, signal: AbortSignal): Promise<boolean>;
  /** Why the service would refuse a schema, or `undefined`. */
  protected abstract schemaIssue(schema: JsonSchema): string | undefined;

  validateJob(job: Job): readonly JobIssue[] {
    const issue = job.responseSchema === undefined ? undefined : this.schemaIssue(job.responseSchema);
    return [
      ...jobIssues(job, this.models, {
        limits: this.#facts.inputs,
        tokens: this.estimateTokens(job),
      }),
      ...(issue === undefined ? [] : [{ parameter: 'responseSchema', message: issue }]),
    ];
  }

  estimateTokens(job: Job): TokenEstimate {
    return estimateTokens(job, this.#facts.rates(job.model));
  }

  async checkAccess(signal: AbortSignal): Promise<void> {
    try {
      if (await this.call('read', (client) => this.probe(client, signal))) return;
      throw strangeAnswer(this.name, this.title, 'read');
    } catch (error) {
      if (!(error instanceof ProviderError) || !this.hasKey) throw error;
      throw accessProblem(error, { title: this.title, baseUrl: this.access.baseUrl, origin: this.origin });
    }
  }

  /**
   * @param attempted What it was; a function where only its end tells.
   * @throws ProviderError for anything that the SDK throws; see `providerErrorOf`.
   */
  protected async call<T>(
    attempted: Attempted | (() => Attempted),
    step: (client: Client) => PromiseLike<T>,
  ): Promise<T> {
    const client = await this.#connected();
    try {
      return await step(client);
    } catch (error) {
      throw this.errorOf(error, typeof attempted === 'function' ? attempted() : attempted);
    }
  }

  /** A cancel or delete of what has ended or is gone already is done: `statuses` say so beside 400, 404 and 409. */
  protected async unlessOver(
    step: (client: Client) => Promise<unknown>,
    ...statuses: readonly number[]
  ): Promise<void> {
    try {
      await this.call('change', step);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      const { status } = (error.cause ?? {}) as { readonly status?: number };
      if (status === undefined || ![400, 404, 409, ...statuses].includes(status)) throw error;
    }
  }

  protected errorOf(error: unknown, attempted: Attempted): ProviderError {
    if (error instanceof ProviderError) return error; // a call inside another
    const { apiKey = '' } = this.access;
    return providerErrorOf(this.name, this.#facts.wording, withoutKey(error, apiKey), attempted);
  }

  /**
   * An answer that has the text that every answer of its kind has. SDKs return whatever came, whatever their types say.
   * @throws ProviderError where it has none: a proxy's page, an empty body.
   */
  protected expected<T, K extends keyof T & string>(
    answer: T,
    text: K,
    attempted: Attempted,
  ): T & Readonly<Record<K, string>> {
    const found = (answer as Partial<Record<K, unknown>> | undefined)?.[text];
    if (typeof found !== 'string') throw strangeAnswer(this.name, this.title, attempted);
    return answer as T & Record<K, string>;
  }

  /** The number of tokens in an answer. @throws ProviderError `unavailable` where it has none. */
  protected tokensIn<T>(answer: T, name: keyof T & string): number {
    const tokens = (answer as Partial<Record<string, unknown>> | undefined)?.[name];
    if (typeof tokens !== 'number' || !Number.isSafeInteger(tokens) || tokens < 0)
      throw strangeAnswer(this.name, this.title, 'read');
    return tokens;
  }

  #connected(): Promise<Client> {
    const { apiKey } = this.access;
    if (apiKey === undefined)
      throw new ProviderError(
        'auth',
        this.name,
        `There is no key of ${this.title} for ${this.origin}. Set one (in the window: "Batchbook: Set API Key…"; in a terminal: ${this.#facts.keyVariable}).`,
      );
    this.#client ??= this.connect(apiKey);
    return this.#client;
  }
}

/** How long a body of so many bytes may take to arrive, in milliseconds. */
export function uploadTimeoutMs(bytes: number): number {
  return READ_TIMEOUT_MS + Math.ceil((bytes / SLOWEST_UPLOAD) * 1000);
}

import { askedAgain } from '../../core/askedAgain.ts';
import { maxTokensFor } from '../../core/attempts.ts';
import { echoToken, withEcho } from '../../core/echo.ts';
import { isBatchbookError, ValidationError } from '../../core/errors.ts';
import type { Job, RequestParameters } from '../../core/job.ts';
import type { ModelConfig } from '../../core/modelConfig.ts';
import type { LoadedRow } from '../../core/plan.ts';
import type { LedgerRow } from '../../core/runLedger.ts';
import type { RunReader } from '../../core/stateManager.ts';
import { createJobFileLoader, type JobFileLoader } from '../../jobfile/loader.ts';
import { parseJobFile } from '../../jobfile/parse.ts';
import { keyOf, RowSources } from '../../jobfile/rowSources.ts';
import type { JobFile, RequestCell } from '../../jobfile/schema.ts';
import { attemptStored } from './attemptLines.ts';
import { noText, onePage, type SourceReading, type SourceTexts } from './sourceTexts.ts';

/**
 * How the input of a row is now, compared with what was sent. `unknown`: nobody can tell, such as for the rows of a
 * program.
 */
export type InputState = 'same' | 'changed' | 'gone' | 'unreadable' | 'unknown';

/** What was sent for a row, as far as its input is still there. */
export type RowPrompt =
  | {
      readonly ok: true;
      /** Whether the input is, byte for byte, what was sent. */
      readonly isAsSent: boolean;
      readonly parameters: Pick<
        RequestParameters,
        'maxTokens' | 'temperature' | 'effort' | 'enableCitations'
      >;
      readonly system: string | undefined;
      readonly messages: readonly { readonly role: 'user' | 'assistant'; readonly text: string }[];
      readonly file: { readonly path: string; readonly bytes: number } | undefined;
      /** As JSON; `undefined` where the answer is free text. */
      readonly schema: string | undefined;
    }
  | { readonly ok: false; readonly message: string };

export interface RowInputsOptions {
  /** Absolute. */
  readonly root: string;
  readonly texts: SourceTexts;
  readonly reader: RunReader;
  /** Those that the rows of the run are asked of. */
  readonly models: readonly ModelConfig[];
}

/** The inputs of a run's rows as they are now, by the job file that the run keeps. Reads only. */
export class RowInputs {
  readonly #reader: RunReader;
  readonly #texts: SourceTexts;
  readonly #sources: RowSources;
  readonly #jobFile: JobFile | undefined;
  readonly #loader: JobFileLoader | undefined;
  readonly #models: ReadonlyMap<string, ModelConfig>;

  constructor({ root, texts, reader, models }: RowInputsOptions) {
    this.#reader = reader;
    this.#texts = texts;
    this.#sources = new RowSources(root);
    this.#models = new Map(models.map((model) => [model.name, model]));
    const kept = reader.meta.jobFile;
    const parsed = kept === undefined ? undefined : parseJobFile(kept.text, kept.path);
    if (parsed?.ok !== true) return;
    this.#jobFile = parsed.jobFile;
    this.#loader = createJobFileLoader({
      root,
      jobFile: parsed.jobFile,
      modelConfig: (name) => {
        const model = this.#models.get(name);
        if (model === undefined)
          throw new ValidationError('unknownModel', `There is no model "${name}" any more.`);
        return model;
      },
    });
  }

  /**
   * The text that a row is about, as it is now.
   * @param file Another one that it cites.
   */
  async source(ordinal: number, file?: string): Promise<SourceReading> {
    const { planned } = this.#reader.ledger.row(ordinal);
    if (file !== undefined && file !== planned.source) return this.#texts.read(file);
    const cell = this.#cellOf(planned.cell);
    if (cell?.kind === 'messages' || planned.source === '') return noText('noInput', '');
    if (cell?.kind !== 'rows') return this.#texts.read(planned.source);
    const keyed = await this.#sources.keyed(cell);
    if (!keyed.ok) return noText('gone', keyed.message);
    const row = keyed.byKey.get(keyOf(cell, planned.source));
    if (row === undefined) return noText('gone', 'The row is not in its data file any more.');
    const values = keyed.table.columns.flatMap((column) => {
      const value = keyed.table.value(row, column);
      return value === undefined ? [] : [`${column}: ${value}`];
    });
    return onePage(values.join('\n'));
  }

  /** How the input of a row is now. */
  async state(ordinal: number): Promise<InputState> {
    const row = this.#reader.ledger.row(ordinal);
    const loaded = await this.#load(row);
    if (loaded === undefined) return 'unknown';
    if (loaded.ok) return loaded.inputHash === row.inputHash ? 'same' : 'changed';
    return loaded.code === 'gone' ? 'gone' : 'unreadable';
  }

  /** What its last attempt was asked, from the input as it is now. */
  async prompt(ordinal: number): Promise<RowPrompt> {
    const row = this.#reader.ledger.row(ordinal);
    const loaded = await this.#load(row);
    if (loaded === undefined) return { ok: false, message: '' };
    if (!loaded.ok) return { ok: false, message: loaded.message };
    const { system, prompt, messages, file, responseSchema, ...rest } = this.#asSent(
      ordinal,
      row,
      loaded.job,
    );
    const { maxTokens, temperature, effort, enableCitations } = rest;
    return {
      ok: true,
      isAsSent: loaded.inputHash === row.inputHash,
      parameters: {
        maxTokens,
        ...(temperature === undefined ? {} : { temperature }),
        ...(effort === undefined ? {} : { effort }),
        ...(enableCitations === undefined ? {} : { enableCitations }),
      },
      system,
      messages: messages?.map(({ role, content }) => ({ role, text: content })) ?? [
        { role: 'user', text: prompt ?? '' },
      ],
      file: file === undefined ? undefined : { path: file.path, bytes: file.bytes.length },
      schema: responseSchema === undefined ? undefined : JSON.stringify(responseSchema, undefined, 2),
    };
  }

  #cellOf(id: string): RequestCell | undefined {
    return this.#jobFile?.cells.find(
      (cell): cell is RequestCell => cell.kind !== 'markdown' && cell.id === id,
    );
  }

  /** `undefined` where only a program has its input, or this machine does not know its model. */
  async #load({ planned, movedTo }: LedgerRow): Promise<LoadedRow | undefined> {
    try {
      return await this.#loader?.load(planned, movedTo?.model);
    } catch (error) {
      if (!isBatchbookError(error)) throw error;
      return undefined;
    }
  }

  /** With what the last attempt added of its own: what was wrong before, and the token of its row. */
  #asSent(ordinal: number, { lastBatch }: LedgerRow, job: Job): Job {
    const { ledger } = this.#reader;
    const batch = lastBatch === undefined ? undefined : ledger.batches.get(lastBatch);
    const attempt = batch?.finished.get(ordinal)?.[1];
    if (batch === undefined || attempt === undefined) return job;
    const truncated = [...ledger.batches.values()].filter(({ finished }) => {
      const one = finished.get(ordinal);
      return one !== undefined && one[1] < attempt && one[2] === 'truncated';
    }).length;
    const most = this.#models.get(job.model)?.maxOutputTokens ?? job.maxTokens;
    const roomy = { ...job, maxTokens: maxTokensFor(job.maxTokens, { truncated }, most) };
    const before = attemptStored(this.#reader, ordinal, attempt - 1);
    const asked = before?.outcome === 'invalid' ? askedAgain(roomy, before.error?.message) : roomy;
    return withEcho(asked, echoToken(batch.nonce, ordinal));
  }
}

import path from 'node:path';
import { l10n, Uri, ViewColumn, window } from 'vscode';
import { parseGroup, parseNothing, parseSend, type ConfirmSurface } from '../../protocol/confirmSurface.ts';
import type { JobPlan, PlanOptions } from '../../workspace/planJobFile.ts';
import type { Report } from '../report.ts';
import { Page } from '../pages/page.ts';
import { confirmState, PILOT_ROWS } from './confirmState.ts';
import { FileGroups } from './fileGroups.ts';

export interface ConfirmRequest {
  readonly root: string;
  readonly plan: JobPlan;
  /** Plans again with what the person has changed on the page. */
  readonly replan: (changes: Pick<PlanOptions, 'leaveOut' | 'pilot'>) => Promise<JobPlan>;
}

export type ConfirmDecision = { readonly kind: 'send'; readonly plan: JobPlan } | { readonly kind: 'cancel' };

/** Shows what would be sent and waits for the person's word; a page that is closed is a no. */
export type Confirm = (request: ConfirmRequest) => Promise<ConfirmDecision>;

/** Files that are opened at once for a look, so that a mistake opens no hundred tabs. */
const LOOKED_AT = 10;

export function createConfirm(extensionUri: Uri, report: Report): Confirm {
  return async (request) => {
    const decided = Promise.withResolvers<ConfirmDecision>();
    const asked = new Question(request, extensionUri, decided.resolve, report);
    try {
      return await decided.promise;
    } finally {
      asked.dispose();
    }
  };
}

/** One question: the page, and the plan that it shows at the moment. */
class Question {
  readonly #request: ConfirmRequest;
  readonly #page: Page<ConfirmSurface>;
  readonly #leftOut = new Set<string>();
  #plan: JobPlan;
  #groups: FileGroups;

  constructor(
    request: ConfirmRequest,
    extensionUri: Uri,
    decide: (decision: ConfirmDecision) => void,
    report: Report,
  ) {
    this.#request = request;
    this.#plan = request.plan;
    this.#groups = new FileGroups(request.plan);
    const attempt = (work: () => Promise<unknown>): void => void work().catch(report);
    this.#page = new Page<ConfirmSurface>({
      extensionUri,
      bundle: 'confirm',
      title: l10n.t('Before sending: {0}', request.plan.meta.title),
      intents: {
        send: {
          parse: parseSend,
          handle: ({ pilot }) =>
            attempt(async () => {
              decide({ kind: 'send', plan: pilot ? await this.#planned({ pilot: PILOT_ROWS }) : this.#plan });
            }),
        },
        cancel: {
          parse: parseNothing,
          handle: () => {
            decide({ kind: 'cancel' });
          },
        },
        lookAtSecrets: { parse: parseNothing, handle: () => attempt(() => this.#look()) },
        leaveOutSecrets: { parse: parseNothing, handle: () => attempt(() => this.#leaveOut()) },
      },
      calls: { files: { parse: parseGroup, handle: ({ group }) => this.#groups.filesOf(group) } },
      onClose: () => {
        decide({ kind: 'cancel' });
      },
    });
    this.#show();
  }

  dispose(): void {
    this.#page.dispose();
  }

  #show(): void {
    this.#page.setState('plan', confirmState(this.#plan, this.#groups));
  }

  async #look(): Promise<void> {
    for (const { source } of this.#plan.likelySecrets.slice(0, LOOKED_AT)) {
      // A row of a table is looked at in its table.
      const file = Uri.file(path.join(this.#request.root, source.replace(/#.*$/, '')));
      await window.showTextDocument(file, {
        preview: false,
        preserveFocus: true,
        viewColumn: ViewColumn.Beside,
      });
    }
  }

  async #leaveOut(): Promise<void> {
    for (const { source } of this.#plan.likelySecrets) this.#leftOut.add(source);
    this.#plan = await this.#planned({});
    this.#groups = new FileGroups(this.#plan);
    this.#show();
  }

  #planned(changes: Pick<PlanOptions, 'pilot'>): Promise<JobPlan> {
    return this.#request.replan({ ...changes, leaveOut: [...this.#leftOut] });
  }
}

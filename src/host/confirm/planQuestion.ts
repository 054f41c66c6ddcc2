import { l10n } from 'vscode';
import type { CallHandlers, IntentHandlers } from '../../protocol/channel.ts';
import {
  parseGroup,
  parseNothing,
  parseSend,
  type ConfirmState,
  type ConfirmSurface,
} from '../../protocol/confirmSurface.ts';
import type { JobPlan, PlanOptions } from '../../workspace/planJobFile.ts';
import type { Report } from '../report.ts';
import { number } from '../words.ts';
import { confirmState, PILOT_ROWS } from './confirmState.ts';
import { FileGroups } from './fileGroups.ts';
import { fileOf, inputsOf } from './planInputs.ts';

export interface ConfirmRequest {
  readonly root: string;
  readonly plan: JobPlan;
  /** Plans again with what the person has changed on the page. */
  readonly replan: (changes: Pick<PlanOptions, 'leaveOut' | 'pilot'>) => Promise<JobPlan>;
}

export type ConfirmDecision = { readonly kind: 'send'; readonly plan: JobPlan } | { readonly kind: 'cancel' };

export interface PlanQuestionDeps {
  readonly request: Pick<ConfirmRequest, 'plan' | 'replan'>;
  readonly show: (state: ConfirmState) => void;
  /** Opens files for a look. @param paths Relative to the root. */
  readonly open: (paths: readonly string[]) => Promise<void>;
  readonly decide: (decision: ConfirmDecision) => void;
  readonly report: Report;
}

/** Files that are opened at once for a look, so that a mistake opens no hundred tabs. */
const LOOKED_AT = 10;

/**
 * One question: the plan that the page shows at the moment. What is sent is what the page showed when the person said
 * so (promise P7): while another plan is being made, and to a page that shows an older one, no yes is heard.
 */
export class PlanQuestion {
  readonly intents: IntentHandlers<ConfirmSurface>;
  readonly calls: CallHandlers<ConfirmSurface>;
  readonly #deps: PlanQuestionDeps;
  #plan: JobPlan;
  #groups: FileGroups;
  #leftOut: ReadonlySet<string> = new Set();
  #revision = 1;
  #busy = false;
  #news = '';

  constructor(deps: PlanQuestionDeps) {
    this.#deps = deps;
    this.#plan = deps.request.plan;
    this.#groups = new FileGroups(this.#plan);
    this.intents = {
      send: {
        parse: parseSend,
        handle: ({ pilot, revision }) => {
          if (this.#busy || revision !== this.#revision) return;
          if (pilot) void this.#replanning(() => this.#sendPilot());
          else deps.decide({ kind: 'send', plan: this.#plan });
        },
      },
      cancel: {
        parse: parseNothing,
        handle: () => {
          deps.decide({ kind: 'cancel' });
        },
      },
      lookAtSecrets: { parse: parseNothing, handle: () => void this.#look().catch(deps.report) },
      leaveOutSecrets: {
        parse: parseNothing,
        handle: () => {
          if (!this.#busy) void this.#replanning(() => this.#leaveOut());
        },
      },
    };
    this.calls = { files: { parse: parseGroup, handle: ({ group }) => this.#groups.filesOf(group) } };
  }

  /** Puts the page as it is now in front of the person. */
  show(): void {
    const moment = { revision: this.#revision, busy: this.#busy, news: this.#news };
    this.#deps.show(confirmState(this.#plan, this.#groups, moment));
  }

  /** A failure leaves the page as it was: the person reads why, and goes on from there. */
  async #replanning(work: () => Promise<void>): Promise<void> {
    this.#busy = true;
    this.show();
    try {
      await work();
    } catch (error) {
      this.#deps.report(error);
    } finally {
      this.#busy = false;
      this.show();
    }
  }

  async #sendPilot(): Promise<void> {
    const plan = await this.#deps.request.replan({ pilot: PILOT_ROWS, leaveOut: [...this.#leftOut] });
    if (sendsTheSame(plan, this.#plan)) {
      this.#deps.decide({ kind: 'send', plan });
      return;
    }
    this.#replace(
      plan,
      l10n.t('The inputs have changed since this page was opened: this is what they are now.'),
    );
  }

  async #leaveOut(): Promise<void> {
    const unwanted = this.#plan.likelySecrets.map(({ source }) => source);
    const leftOut = new Set([...this.#leftOut, ...unwanted]);
    const plan = await this.#deps.request.replan({ leaveOut: [...leftOut] });
    this.#leftOut = leftOut;
    this.#replace(
      plan,
      unwanted.length === 1
        ? l10n.t('1 input is left out.')
        : l10n.t('{0} inputs are left out.', number(unwanted.length)),
    );
  }

  #replace(plan: JobPlan, news: string): void {
    this.#plan = plan;
    this.#groups = new FileGroups(plan);
    this.#revision++;
    this.#news = news;
  }

  async #look(): Promise<void> {
    const inputOf = inputsOf(this.#plan);
    const paths = this.#plan.likelySecrets.flatMap(({ source }) => fileOf(inputOf(source), this.#plan) ?? []);
    await this.#deps.open([...new Set(paths)].slice(0, LOOKED_AT));
  }
}

/** Whether the same content goes to the same places. */
function sendsTheSame(one: JobPlan, other: JobPlan): boolean {
  const essence = ({ rows, summary }: JobPlan): string =>
    JSON.stringify([rows.map(({ id, inputHash }) => [id, inputHash]), summary.destinations]);
  return essence(one) === essence(other);
}

import type { Call, Parse } from './channel.ts';

/** The page that shows what would leave this machine (promise P7). Every text on it comes from the host. */
export interface ConfirmSurface {
  readonly states: { readonly plan: ConfirmState };
  readonly intents: {
    /** Send what the page of this revision shows, all of it or a pilot first. Another revision is no longer on the page. */
    readonly send: { readonly pilot: boolean; readonly revision: number };
    readonly cancel: null;
    /** Open the inputs that look as if they held secrets. */
    readonly lookAtSecrets: null;
    readonly leaveOutSecrets: null;
  };
  readonly calls: {
    /** The files of a folder of `sent.folders` or a group of `stays`, by its id. */
    readonly files: Call<{ readonly group: string }, FileList>;
  };
}

/** A whole page, ready to be shown. */
export interface ConfirmState {
  /** Another number: another plan, whose lists are other ones. */
  readonly revision: number;
  /** A new plan is being made: until it is here, nothing but a no is heard. */
  readonly busy: boolean;
  readonly title: string;
  readonly subtitle: string;
  /** What has changed since the page was opened, or empty. */
  readonly news: string;
  readonly facts: readonly Fact[];
  /** What must not be overlooked, such as an address that is not the vendor's. */
  readonly cautions: readonly string[];
  readonly secrets: Warning | undefined;
  readonly sent: { readonly title: string; readonly summary: string; readonly folders: readonly FileGroup[] };
  readonly stays: { readonly title: string; readonly groups: readonly FileGroup[] };
  readonly notes: { readonly title: string; readonly lines: readonly string[] };
  /** Stands where a list cannot be had. */
  readonly listFailed: string;
  readonly actions: {
    readonly send: string;
    /** `undefined`: a pilot makes no sense here. */
    readonly pilot: string | undefined;
    readonly cancel: string;
  };
  /** Why nothing can be sent as it is; the filled button is off then. */
  readonly blocked: string | undefined;
  readonly footnote: string;
}

export interface Fact {
  /** Name of a codicon. */
  readonly icon: string;
  readonly label: string;
  readonly value: string;
  readonly note: string;
  /** Smaller lines below. */
  readonly details: readonly string[];
}

export interface Warning {
  readonly text: string;
  readonly items: readonly string[];
  readonly look: string;
  readonly leaveOut: string;
}

/** A line that opens to a list of files; `id` is asked for, and is `undefined` where there is nothing to open. */
export interface FileGroup {
  readonly id: string | undefined;
  readonly icon: string;
  readonly label: string;
  readonly count: string;
  readonly size: string;
}

export interface FileList {
  readonly files: readonly { readonly name: string; readonly size: string }[];
  /** "and 3,000 more", or empty. */
  readonly more: string;
}

/** What a page may send, checked where it arrives. */
export const parseSend: Parse<ConfirmSurface['intents']['send']> = (value) => {
  const { pilot, revision } = value as { readonly pilot?: unknown; readonly revision?: unknown };
  if (typeof pilot !== 'boolean') throw new TypeError('pilot is a boolean');
  if (typeof revision !== 'number') throw new TypeError('revision is a number');
  return { pilot, revision };
};
export const parseNothing: Parse<null> = () => null;
export const parseGroup: Parse<{ readonly group: string }> = (value) => {
  const { group } = value as { readonly group?: unknown };
  if (typeof group !== 'string') throw new TypeError('group is a string');
  return { group };
};

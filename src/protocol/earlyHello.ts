/** What VS Code gives to the scripts of a page. */
export interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

/** The global `earlyHello` of every page: VS Code's API, which a page is given once, and what the host has said so far. */
export interface EarlyHello {
  readonly api: VsCodeApi;
  /** An id made at load. */
  readonly page: string;
  readonly messages: unknown[];
  readonly listener: (event: { readonly data: unknown }) => void;
}

/** Says hello while the script of a page is on its way: its states come meanwhile, and wait for `openChannel`. */
export const EARLY_HELLO_SCRIPT = `
const earlyHello = { api: acquireVsCodeApi(), page: crypto.randomUUID(), messages: [] };
earlyHello.listener = ({ data }) => earlyHello.messages.push(data);
addEventListener('message', earlyHello.listener);
earlyHello.api.postMessage({ t: 'hello', page: earlyHello.page });
`;

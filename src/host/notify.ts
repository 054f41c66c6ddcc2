import { ProgressLocation, window, type CancellationToken, type MessageOptions, type Progress } from 'vscode';
import { notificationText } from './confirm/plainTexts.ts';

type Show = (text: string, ...rest: readonly (MessageOptions | string)[]) => Thenable<string | undefined>;

/** A notification. Titles, file names and words of providers stand in it: it is text and nothing else. */
export const showInformation: Show = (text, ...rest) => {
  const [options, ...items] = partsOf(rest);
  return window.showInformationMessage(notificationText(text), options, ...items);
};

/** As `showInformation`. */
export const showWarning: Show = (text, ...rest) => {
  const [options, ...items] = partsOf(rest);
  return window.showWarningMessage(notificationText(text), options, ...items);
};

/** As `showInformation`. */
export const showError: Show = (text, ...rest) => {
  const [options, ...items] = partsOf(rest);
  return window.showErrorMessage(notificationText(text), options, ...items);
};

/** Shows in a notification that something goes on, until it has ended; with a button to cancel it if it can be. */
export function withNotification<T>(
  options: { readonly title: string; readonly cancellable?: boolean },
  task: (
    progress: Progress<{ message?: string; increment?: number }>,
    token: CancellationToken,
  ) => Thenable<T>,
): Thenable<T> {
  const title = notificationText(options.title);
  return window.withProgress({ ...options, title, location: ProgressLocation.Notification }, task);
}

function partsOf(rest: readonly (MessageOptions | string)[]): [MessageOptions, ...string[]] {
  const items = rest.filter((part) => typeof part === 'string');
  const options = rest.find((part) => typeof part !== 'string') ?? {};
  return [options, ...items];
}

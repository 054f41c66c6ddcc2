import { ProgressLocation, window, type CancellationToken, type MessageOptions, type Progress } from 'vscode';
import { notificationText } from './confirm/plainTexts.ts';

type Show = (text: string, ...rest: readonly (MessageOptions | string)[]) => Thenable<string | undefined>;

/** A notification. Titles, file names and words of providers stand in it: it is text and nothing else. */
export const showInformation = plainly((text, options, ...items) =>
  window.showInformationMessage(text, options, ...items),
);

/** As `showInformation`. */
export const showWarning = plainly((text, options, ...items) =>
  window.showWarningMessage(text, options, ...items),
);

/** As `showInformation`. */
export const showError = plainly((text, options, ...items) =>
  window.showErrorMessage(text, options, ...items),
);

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

function plainly(
  show: (text: string, options: MessageOptions, ...items: string[]) => Thenable<string | undefined>,
): Show {
  return (text, ...rest) => {
    const options = rest.find((part) => typeof part !== 'string') ?? {};
    return show(notificationText(text), options, ...rest.filter((part) => typeof part === 'string'));
  };
}

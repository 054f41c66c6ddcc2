import { commands, Disposable } from 'vscode';
import { COMMAND_IDS, type CommandId } from './contributions.ts';
import type { Report } from './report.ts';

/** One handler a command; leaving one out does not compile. */
export type CommandHandlers = { readonly [Id in CommandId]: (...args: never[]) => unknown };

/**
 * Registers every contributed command. What a handler throws is shown to the person, never swallowed.
 *
 * @param handlers - What each command does.
 * @param report - Shows what a handler threw; the command is done then, not when somebody closes the message.
 * @returns Unregisters them all.
 */
export function registerCommands(handlers: CommandHandlers, report: Report): Disposable {
  return Disposable.from(
    ...COMMAND_IDS.map((id) =>
      commands.registerCommand(id, async (...args: never[]) => {
        try {
          return await handlers[id](...args);
        } catch (error) {
          report(error);
          return undefined;
        }
      }),
    ),
  );
}

import { commands, Disposable } from 'vscode';
import { COMMAND_IDS, type CommandId } from './contributions.ts';

/** One handler a command; leaving one out does not compile. */
export type CommandHandlers = { readonly [Id in CommandId]: (...args: never[]) => unknown };

/**
 * Registers every contributed command.
 *
 * @param handlers - What each command does.
 * @returns Unregisters them all.
 */
export function registerCommands(handlers: CommandHandlers): Disposable {
  return Disposable.from(...COMMAND_IDS.map((id) => commands.registerCommand(id, handlers[id])));
}

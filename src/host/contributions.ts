/** Every command that package.json contributes. */
export const COMMAND_IDS = ['batchbook.about'] as const;

/** Id of a contributed command. */
export type CommandId = (typeof COMMAND_IDS)[number];

import { createInterface } from 'node:readline';

/** Where a question is asked and answered. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** Asks on standard error, so that standard output stays what was asked for. `false` when the input ends. */
export async function confirmed(question: string, terminal?: Terminal): Promise<boolean> {
  return isYes(await ask(`${question} [y/N] `, terminal));
}

/** Whether an answer agrees; anything but a clear yes does not. */
export function isYes(answer: string): boolean {
  return /^y(es)?$/i.test(answer.trim());
}

/** One line of input; empty when the input ends, or Ctrl+C is pressed. */
export async function ask(
  question: string,
  terminal: Terminal = { input: process.stdin, output: process.stderr },
): Promise<string> {
  const lines = createInterface(terminal);
  const answer = await new Promise<string>((resolve) => {
    // The line comes before the close where the input ends with it.
    lines.once('line', resolve);
    lines.once('close', () => {
      resolve('');
    });
    lines.setPrompt(question);
    lines.prompt();
  });
  if (answer === '') terminal.output.write('\n'); // the next message begins a line of its own
  lines.close();
  return answer;
}

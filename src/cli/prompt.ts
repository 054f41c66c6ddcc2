import { createInterface } from 'node:readline/promises';

/** Asks on standard error, so that standard output stays what was asked for. `false` when the input ends. */
export async function confirmed(question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await ask(`${question} [y/N] `)).trim());
}

/** One line of input; empty when the input ends. */
export async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await new Promise<string>((resolve, reject) => {
      terminal.once('close', () => {
        resolve('');
      });
      terminal.question(question).then(resolve, reject);
    });
  } finally {
    terminal.close();
  }
}

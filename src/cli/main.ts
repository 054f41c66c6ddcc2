import './requireNode.ts';
import { CommanderError } from 'commander';
import { EXIT_CODES } from '../core/vocabulary.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { exitCodeOfError } from './exitCode.ts';
import { documentError, watchStreams, processOutput, showError } from './output.ts';
import { createProgram } from './program.ts';

async function main(): Promise<void> {
  watchStreams();
  const program = createProgram(packageJson.version, (code) => {
    process.exitCode = code;
  });
  const output = processOutput(process.argv.includes('--json'));
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has said what is wrong; asking for help is not wrong.
      process.exitCode = error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
      if (error.exitCode !== 0) documentError(output, 'usage', error.message.replace(/^error: /, ''));
    } else {
      showError(output, error);
      process.exitCode = exitCodeOfError(error);
    }
  }
}

void main(); // it handles its own errors

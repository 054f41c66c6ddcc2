import { Command, InvalidArgumentError, Option } from 'commander';
import { batchesCommand, type BatchesOptions } from './commands/batches.ts';
import { cleanupCommand, type CleanupOptions } from './commands/cleanup.ts';
import { doctorCommand } from './commands/doctor.ts';
import { estimateCommand } from './commands/estimate.ts';
import { modelsCommand, statusCommand } from './commands/look.ts';
import { resultsCommand, type ResultsOptions } from './commands/results.ts';
import { resolveCommand, resumeCommand, type ResumeCommandOptions } from './commands/resume.ts';
import { runCommand, type RunOptions } from './commands/run.ts';
import { stopCommand, type StopOptions } from './commands/stop.ts';
import { RESULT_FORMATS } from '../workspace/exportResults.ts';
import { commandLine } from './hints.ts';
import type { PlanningOptions } from './planOptions.ts';
import type { GlobalOptions } from './session.ts';

const AFTER_HELP = `
RUN is the id of a run, the end of one, or a job file; without it the newest run is meant.

Exit codes, the first that applies:
  2    wrong use or job file, or not confirmed: nothing was sent
  4    credentials or provider refused
  5    waits for a decision: batchbook resolve
  3    stopped by the cost limit
  130  interrupted or stopped, can be resumed
  1    some rows are not ok
  0    all is well

Keys are read from the environment only. Other services and prices are read from ~/.config/batchbook/config.json
(on Windows %APPDATA%\\batchbook\\config.json), or the file that BATCHBOOK_CONFIG names.`;

const ATTACH =
  'collect this batch, which was sent elsewhere from the same plan, instead of sending its rows; see batches';

/** The verbs and options of the command line; each verb's exit code goes to `onExit`. */
export function createProgram(version: string, onExit: (code: number) => void): Command {
  const program = new Command('batchbook')
    .description(
      'Run large AI batch jobs over files: half the price, a cost limit that holds, runs that resume.',
    )
    .version(version)
    .addHelpText('after', AFTER_HELP)
    .showHelpAfterError(`(how it is used: ${commandLine(process.cwd(), '--help')})`)
    .exitOverride();

  const verb = (
    signature: string,
    description: string,
    json = 'print one JSON document on standard output and nothing else',
  ): Command =>
    program
      .command(signature)
      .description(description)
      .showHelpAfterError(
        `(how it is used: ${commandLine(process.cwd(), signature.split(' ', 1)[0] ?? '', '--help')})`,
      )
      .exitOverride()
      .option('--json', json)
      .option('--workspace <dir>', 'the root that all paths are relative to')
      .option('--poll-interval <seconds>', 'seconds before the first poll; scales every wait', positive);
  const planning = (command: Command): Command =>
    command
      .option('--cell <id>', 'only this cell')
      .option('--pilot <rows>', 'send this many rows, then wait', whole)
      .option('--limit-usd <usd>', 'cost limit, instead of the one in the job file', usd)
      .option('--all', 'send every row again, also those that have an answer')
      .option('--leave-out <path>', 'leave this input out; may be given several times', collect);

  planning(verb('estimate <FILE>', 'show what would be sent and what it may cost; send nothing')).action(
    async (file: string, options: PlanningOptions) => {
      onExit(await estimateCommand(file, options));
    },
  );
  planning(verb('run <FILE>', 'run a job file, or go on with its open run'))
    .option('--yes', 'agree beforehand to what will be sent')
    .option('--new', 'start another run beside an open one')
    .option('--attach <batch>', ATTACH, collect)
    .action(async (file: string, options: RunOptions) => {
      onExit(await runCommand(file, options));
    });
  verb('resume [RUN]', 'go on with a run, after your decisions')
    .option(
      '--yes',
      'agree beforehand to what a run that came with its folder will send, and what another model is sent',
    )
    .option('--limit-usd <usd>', 'a new cost limit', usd)
    .option('--adopt <batch>', "take this batch at the service for the run's uncertain one")
    .option('--resend', 'send the rows of uncertain batches again')
    .option('--attach <batch>', ATTACH, collect)
    .option(
      '--cancel-batch <batch>',
      'cancel this batch at its service and send what it has not answered again',
    )
    .option('--move-to <model>', 'with --cancel-batch: send that to another model')
    .option('--take-over', 'take the run from a process that shows no sign of life')
    .action(async (run: string | undefined, options: ResumeCommandOptions) => {
      onExit(await resumeCommand(run, options));
    });
  verb('resolve [RUN]', 'decide, question by question, what a run waits for').action(
    async (run: string | undefined, options: GlobalOptions) => {
      onExit(await resolveCommand(run, options));
    },
  );
  verb('status [RUN]', 'show a run, or all of them').action(
    async (run: string | undefined, options: GlobalOptions) => {
      onExit(await statusCommand(run, options));
    },
  );
  verb('batches', 'list what is at the services that no run here knows')
    .option('--days <days>', 'how far to look back', positive)
    .action(async (options: BatchesOptions) => {
      onExit(await batchesCommand(options));
    });
  verb('stop [RUN]', 'stop driving a run; what is at the service goes on there')
    .option('--cancel', 'cancel at the service too, and collect what is done')
    .action(async (run: string | undefined, options: StopOptions) => {
      onExit(await stopCommand(run, options));
    });
  verb(
    'results [RUN]',
    'write the results of a run',
    'print JSON and nothing else: a line a result; one document with --format json, or with --out',
  )
    .addOption(new Option('--format <format>', 'how (default: "jsonl")').choices(RESULT_FORMATS))
    .option('--out <path>', 'a new file instead of standard output')
    .action(async (run: string | undefined, options: ResultsOptions) => {
      onExit(await resultsCommand(run, options));
    });
  verb('cleanup', 'show what finished batches left here and at the services, ask, and remove it')
    .option('--dry-run', 'only show it')
    .option('--yes', 'remove it without asking')
    .option('--orphans', 'also what carries our name and belongs to no run here')
    .action(async (options: CleanupOptions) => {
      onExit(await cleanupCommand(options));
    });
  verb('models', 'list the models').action(async (options: GlobalOptions) => {
    onExit(await modelsCommand(options));
  });
  verb('doctor', 'check whether this machine, this folder and your keys are fit for runs').action(
    async (options: GlobalOptions) => {
      onExit(await doctorCommand(options));
    },
  );
  return program;
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** The most that can be counted exactly, see `core/money.ts`. */
const MOST_USD = 9_000_000;

function usd(text: string): number {
  const value = positive(text);
  if (value > MOST_USD) throw new InvalidArgumentError('It must be 9 million USD at most.');
  return value;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}

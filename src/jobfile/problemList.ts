import type { Problem } from '../core/errors.ts';
import { formatJsonPath, type JobFileRanges, type JsonPath } from './ranges.ts';

/** More than this of one kind for one key helps nobody. */
const MAX_PER_KEY = 50;

/** Collects problems of a job file, each at the place of a key. */
export class ProblemList {
  readonly #file: string;
  readonly #ranges: JobFileRanges;
  readonly #problems: Problem[] = [];

  /** @param file How problems name the job file. */
  constructor(file: string, ranges: JobFileRanges) {
    this.#file = file;
    this.#ranges = ranges;
  }

  /** All so far. */
  get all(): readonly Problem[] {
    return this.#problems;
  }

  /** @param options `instead`: what would be right as the value there, if that is likely. */
  add(
    path: JsonPath,
    message: string,
    {
      severity = 'error',
      instead,
      about,
    }: Partial<Pick<Problem, 'severity'>> & {
      readonly instead?: string | undefined;
      readonly about?: Problem['about'] | undefined;
    } = {},
  ): void {
    const range = this.#ranges.value(path);
    const fixes =
      instead === undefined
        ? {}
        : { fixes: [{ title: `Use ${instead}`, range, text: JSON.stringify(instead) }] };
    const told = about === undefined ? {} : { about };
    this.#problems.push({
      severity,
      message,
      file: this.#file,
      path: formatJsonPath(path),
      range,
      ...told,
      ...fixes,
    });
  }

  /** As many errors as anybody reads, and how many there are. */
  addMany(path: JsonPath, messages: readonly string[], instead?: string): void {
    for (const message of messages.slice(0, MAX_PER_KEY)) this.add(path, message, { instead });
    const more = messages.length - MAX_PER_KEY;
    if (more > 0) this.add(path, `And ${String(more)} more of these.`);
  }

  /** Problems that stand in another file. */
  push(problems: readonly Problem[]): void {
    this.#problems.push(...problems);
  }
}

/** One line broken on purpose, and the tests that must notice. */
export interface Mutant {
  /** What is broken, for the table. */
  readonly name: string;
  /** Path below the root of the checkout. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** Test files that must fail. */
  readonly tests: readonly string[];
  /** Runs only the tests whose full title has this text. */
  readonly grep?: string;
}

const CORE = 'test/unit/core';
const STATE = 'test/unit/state';

/** The lines that keep the promises; a test that lets one of them be removed is not a test of it. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'the journal is not flushed',
    file: 'src/state/runWriter.ts',
    find: 'if (durable) await this.#parts.journal.sync();',
    replace: '',
    tests: [`${STATE}/order.test.ts`],
  },
  {
    name: 'results are not flushed before their batch is closed',
    file: 'src/core/collect.ts',
    find: 'await writer.syncResults();',
    replace: '',
    tests: [`${STATE}/order.test.ts`],
  },
  {
    name: 'the intent is written after the POST',
    file: 'src/core/submission.ts',
    find: "  await writer.append({\n    e: 'batchIntended',",
    replace:
      "  const later = (event: Parameters<typeof writer.append>[0]) => {\n    writer.ledger.apply(event, writer.epoch);\n    setImmediate(() => setImmediate(() => void writer.append(event)));\n  };\n  later({\n    e: 'batchIntended',",
    tests: [`${STATE}/order.test.ts`],
  },
  {
    name: 'an event is applied before it is written',
    file: 'src/state/runWriter.ts',
    find: 'await this.#parts.journal.append(Buffer.from(lines));',
    replace:
      'for (const event of events) this.ledger.apply(event, this.epoch);\n      await this.#parts.journal.append(Buffer.from(lines));',
    tests: [`${STATE}/files.test.ts`],
    grep: 'another process that writes',
  },
  {
    name: 'a torn tail is not repaired',
    file: 'src/state/appendLog.ts',
    find: 'if (end < size) {',
    replace: 'if (end < 0) {',
    tests: [`${STATE}/files.test.ts`],
    grep: 'A torn last line',
  },
  {
    name: 'a failed write does not poison the writer',
    file: 'src/state/appendLog.ts',
    find: "      this.#poisoned = error;\n      throw new StateError(\n        'disk',\n        `Writing",
    replace: "      throw new StateError(\n        'disk',\n        `Writing",
    tests: [`${STATE}/files.test.ts`],
    grep: 'refuses every further write',
  },
  {
    name: 'a short write goes unnoticed',
    file: 'src/state/appendLog.ts',
    find: "if ((await this.#file.size()) !== this.#size) throw new Error('not all of it was written');",
    replace: '',
    tests: [`${STATE}/files.test.ts`],
    grep: 'writes short',
  },
  {
    name: 'a holder does not look whether it was taken over',
    file: 'src/state/lease.ts',
    find: 'await stat(leaseFile(this.#dir, this.epoch + 1));',
    replace: 'return;',
    tests: [`${STATE}/lease.test.ts`],
    grep: 'taken over',
  },
  {
    name: 'events of a fenced epoch count',
    file: 'src/core/runLedger.ts',
    find: 'if (epoch < this.epoch) return;',
    replace: '',
    tests: [`${STATE}/files.test.ts`],
    grep: 'had already lost the run',
  },
  {
    name: 'a result counts without its bytes',
    file: 'src/state/runReader.ts',
    find: 'if (bytesRead === row[4] && crc32(bytes) === row[5]) rows.push(row);',
    replace: 'if (bytesRead >= 0) rows.push(row);',
    tests: [`${STATE}/files.test.ts`],
    grep: 'whose bytes a power cut has lost',
  },
  {
    name: 'a result of a lost holder is trusted because its batch was closed later',
    file: 'src/state/runReader.ts',
    find: "closed.get(event.nonce ?? '') !== epoch;",
    replace: "!closed.has(event.nonce ?? '');",
    tests: [`${STATE}/files.test.ts`],
    grep: 'whose bytes a power cut has lost',
  },
  {
    name: 'results are joined by position',
    file: 'src/core/collect.ts',
    find: 'const ordinal = result.customId === undefined ? undefined : ordinalOf(batch.nonce, result.customId);',
    replace: 'const ordinal = batch.rows[lines - 1];',
    tests: [`${CORE}/promises.test.ts`],
    grep: 'P4',
  },
  {
    name: 'a custom id of another batch is accepted',
    file: 'src/core/ids.ts',
    find: 'if (head !== nonce || tail === undefined',
    replace: 'if (tail !== undefined) return parseInt(tail, 36);\n  if (head !== nonce || tail === undefined',
    tests: [`${CORE}/tables.test.ts`],
    grep: 'Ids',
  },
  {
    name: 'a second line of a row is accepted',
    file: 'src/core/collect.ts',
    find: ' || seen.has(ordinal)) {',
    replace: ') {',
    tests: [`${CORE}/promises.test.ts`],
    grep: 'P4',
  },
  {
    name: 'a batch that is read twice is accounted twice',
    file: 'src/core/runLedger.ts',
    find: 'if (batch !== undefined && (row.liveIn !== nonce || batch.finished.has(ordinal))) return;',
    replace: '',
    tests: [`${CORE}/properties.test.ts`],
    grep: 'under any order',
  },
  {
    name: 'an incomplete download is taken for complete',
    file: 'src/core/collect.ts',
    find: 'if (complete || read.digest === previous) break;',
    replace: 'break;',
    tests: [`${CORE}/promises.test.ts`],
    grep: 'P2',
  },
  {
    name: 'rows are sent again before the results were read',
    file: 'src/core/collect.ts',
    find: 'if (!(error instanceof ProviderError) || !error.retryable) throw error;',
    replace: 'if (error instanceof Error) break;',
    tests: [`${CORE}/promises.test.ts`],
    grep: 'the service cuts the download',
  },
  {
    name: 'missing rows count as ok',
    file: 'src/core/collect.ts',
    find: '    outcome: code,\n    error: { code, message },',
    replace: "    outcome: 'ok',\n    error: { code, message },",
    tests: [`${CORE}/promises.test.ts`],
    grep: 'never comes back',
  },
  {
    name: 'truncated counts as ok',
    file: 'src/core/vocabulary.ts',
    find: "truncated: { status: 'truncated', budget: 'truncated' },",
    replace: "truncated: { status: 'ok', budget: 'never' },",
    tests: [`${CORE}/promises.test.ts`],
    grep: 'every outcome ends as itself',
  },
  {
    name: 'a lost request is sent again without asking',
    file: 'src/core/reconcile.ts',
    find: 'if (candidates.length === 0 && provider.findsEveryBatch) {',
    replace: 'if (candidates.length === 0) {',
    tests: [`${CORE}/promises.test.ts`],
    grep: 'P2',
  },
  {
    name: 'rows of a given-up batch that were answered are sent again',
    file: 'src/core/runLedger.ts',
    find: 'if (finished === undefined)\n        row.status',
    replace: "if (finished === undefined || state === 'abandoned')\n        row.status",
    tests: [`${CORE}/promises.test.ts`],
    grep: 'given-up batch',
  },
  {
    name: 'a request is carried out again after a crash',
    file: 'src/core/requestHandling.ts',
    find: 'if (writer.ledger.handledRequests.has(request.id)) {',
    replace: 'if (request.id.length === 0) {',
    tests: [`${CORE}/engine.test.ts`],
    grep: 'Stopping and going on',
  },
  {
    name: 'nothing is reserved',
    file: 'src/core/runLedger.ts',
    find: 'this.money.reserve(ordinal, event.reservations?.[i] ?? row.estimate.reservedNanoUsd);',
    replace: '',
    tests: [`${CORE}/promises.test.ts`],
    grep: 'P3',
  },
  {
    name: 'everything fits the limit',
    file: 'src/core/costTracker.ts',
    find: 'return nanoUsd <= this.headroomNanoUsd;',
    replace: 'return nanoUsd <= Infinity;',
    tests: [`${CORE}/promises.test.ts`],
    grep: 'P3',
  },
  {
    name: 'unconfirmed money is forgotten',
    file: 'src/core/costTracker.ts',
    find: 'this.#unconfirmed += this.reservedFor(row);',
    replace: '',
    tests: [`${CORE}/promises.test.ts`],
    grep: 'P3',
  },
  {
    name: 'a row that cost too much halts nothing',
    file: 'src/core/driver.ts',
    find: '      ledger.overspentRow === undefined\n    );',
    replace: '      true\n    );',
    tests: [`${CORE}/promises.test.ts`],
    grep: 'P3',
  },
  {
    name: 'a larger re-ask reserves what the first attempt did',
    file: 'src/core/packing.ts',
    find: 'const reserved = row.estimate.reservedNanoUsd + larger;',
    replace: 'const reserved = row.estimate.reservedNanoUsd + 0 * larger;',
    tests: [`${CORE}/packing.test.ts`],
    grep: 'nextAttempt',
  },
  {
    name: 'a run that nobody confirmed is sent',
    file: 'src/core/driver.ts',
    find: '      ledger.confirmation !== undefined &&\n',
    replace: '',
    tests: [`${CORE}/engine.test.ts`],
    grep: 'P7',
  },
  {
    name: 'changed content is sent in silence',
    file: 'src/core/submission.ts',
    find: 'const replanned = loaded.inputHash !== row.inputHash;',
    replace: 'const replanned = loaded.inputHash.length === 0;',
    tests: [`${CORE}/engine.test.ts`],
    grep: 'Changed inputs',
  },
  {
    name: 'an error while polling ends the batch',
    file: 'src/core/poller.ts',
    find: 'if (!(error instanceof ProviderError) || !error.retryable) throw error;',
    replace: 'throw error;',
    tests: [`${CORE}/promises.test.ts`],
    grep: 'one hour without a network',
  },
  {
    name: 'a file that is not ours is overwritten',
    file: 'src/jobfile/outputWriter.ts',
    find: 'if (there !== known && ',
    replace: 'if (there.length === 0 && ',
    tests: ['test/unit/jobfile/outputWriter.test.ts'],
  },
];

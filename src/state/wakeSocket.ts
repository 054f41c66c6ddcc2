import { createHash, randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** How long another process gets to take a word from us; it is only a shortcut. */
const PATIENCE_MS = 500;

/**
 * A local socket on which the holder of a run hears that something waits for it. Only a shortcut: whatever is said here
 * is also found by looking into the run's folder.
 */
export interface WakeSocket {
  readonly address: string;
  close(): Promise<void>;
}

/** Listens; `onWord` gets `wake` or `handOver`. A socket that cannot be opened is no error. */
export async function listenForWake(runDir: string, onWord: (word: string) => void): Promise<WakeSocket> {
  const id = createHash('sha256').update(runDir).update(randomBytes(8)).digest('hex').slice(0, 20);
  const address =
    process.platform === 'win32'
      ? `\\\\.\\pipe\\batchbook-${id}`
      : path.join(tmpdir(), `batchbook-${id}.sock`);
  const server = net.createServer((connection) => {
    connection.on('error', () => connection.destroy());
    connection.setTimeout(PATIENCE_MS, () => connection.destroy());
    connection.once('data', (data) => {
      connection.end();
      const word = data.toString('utf8', 0, 16).trim();
      if (word === 'wake' || word === 'handOver') onWord(word);
    });
  });
  await new Promise<void>((resolve) => {
    server.on('error', () => {
      resolve();
    });
    server.listen(address, resolve);
  });
  server.unref();
  return {
    address,
    close: async () => {
      await new Promise<void>((resolve) => server.close(() => resolve()));
      if (process.platform !== 'win32') await rm(address, { force: true });
    },
  };
}

/** Removes the socket of a holder that did not live to do it. The address comes from a file: no other name is touched. */
export async function removeLeftSocket(address: string): Promise<void> {
  if (path.dirname(address) === tmpdir() && isOurs(address))
    await rm(address, { force: true }).catch(() => undefined); // it is only litter
}

/** Tells the holder that a request waits. Never throws. */
export function wakeHolder(address: string): Promise<void> {
  return say(address, 'wake');
}

/** Asks the holder to stop driving. Never throws, and promises nothing. */
export function askHandOver(address: string): Promise<void> {
  return say(address, 'handOver');
}

/** An address from a file may have come with a folder: no other socket is spoken to, and on Windows no other machine. */
function isOurs(address: string): boolean {
  return process.platform === 'win32'
    ? /^\\\\\.\\pipe\\batchbook-[0-9a-f]{20}$/.test(address)
    : /^batchbook-[0-9a-f]{20}\.sock$/.test(path.basename(address));
}

function say(address: string, word: string): Promise<void> {
  if (!isOurs(address)) return Promise.resolve();
  return new Promise((resolve) => {
    const connection = net.connect(address);
    const done = (): void => {
      connection.destroy();
      resolve();
    };
    connection.setTimeout(PATIENCE_MS, done);
    connection.once('error', done);
    connection.once('close', done);
    connection.once('connect', () => connection.end(word));
  });
}

import assert from 'node:assert/strict';
import {
  CallError,
  HostChannel,
  PageChannel,
  type Call,
  type Later,
  type Port,
} from '../../../src/protocol/channel.ts';

interface Pretend {
  readonly states: { readonly count: number; readonly name: string };
  readonly intents: { readonly pick: string };
  readonly calls: { readonly double: Call<number, number>; readonly fail: Call<null, null> };
}

/** Two ends of one wire. Messages go through JSON, as they do in VS Code, and arrive one after the other. */
function wire(): { host: Port; page: Port; sent: unknown[] } {
  const listeners = { host: new Set<(m: unknown) => void>(), page: new Set<(m: unknown) => void>() };
  const sent: unknown[] = [];
  const end = (mine: 'host' | 'page', other: 'host' | 'page'): Port => ({
    post: (message) => {
      const copy: unknown = JSON.parse(JSON.stringify(message));
      if (mine === 'host') sent.push(copy);
      queueMicrotask(() => {
        for (const listener of listeners[other]) listener(copy);
      });
    },
    onMessage: (listener) => {
      listeners[mine].add(listener);
      return () => listeners[mine].delete(listener);
    },
  });
  return { host: end('host', 'page'), page: end('page', 'host'), sent };
}

/** A clock that stands still until it is told. */
class StillClock {
  readonly #due: { ms: number; action: () => void }[] = [];
  readonly later: Later = (ms, action) => {
    const entry = { ms, action };
    this.#due.push(entry);
    return () => {
      const at = this.#due.indexOf(entry);
      if (at >= 0) this.#due.splice(at, 1);
    };
  };
  pass(): void {
    for (const { action } of this.#due.splice(0)) action();
  }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

function channels(picked: string[] = []): {
  host: HostChannel<Pretend>;
  page: PageChannel<Pretend>;
  ends: ReturnType<typeof wire>;
  clock: StillClock;
} {
  const ends = wire();
  const clock = new StillClock();
  const text = (value: unknown): string => {
    if (typeof value !== 'string') throw new TypeError('no text');
    return value;
  };
  const host = new HostChannel<Pretend>(
    ends.host,
    {
      intents: { pick: { parse: text, handle: (value) => picked.push(value) } },
      calls: {
        double: {
          parse: (value) => {
            if (typeof value !== 'number') throw new TypeError('no number');
            return value;
          },
          handle: (n) => n * 2,
        },
        fail: {
          parse: () => null,
          handle: () => {
            throw new CallError('stale', 'The document has moved on.');
          },
        },
      },
    },
    clock.later,
  );
  return { host, page: new PageChannel<Pretend>(ends.page, 'page 1', clock.later), ends, clock };
}

describe('The channel between host and page', () => {
  it('posts nothing before the page has said hello, and then everything there is', async () => {
    const { host, page, ends } = channels();
    host.setState('count', 1);
    host.setState('count', 2);
    await settled();
    assert.deepEqual(ends.sent, []);
    const seen: unknown[] = [];
    page.on('count', (value) => seen.push(value));
    page.hello();
    await settled();
    assert.deepEqual(seen, [2]);
  });

  it('has states that came before its script, and those that come after, without asking twice', async () => {
    const { host, ends, clock } = channels();
    const said: unknown[] = [];
    const stop = ends.page.onMessage((message) => said.push(message));
    host.setState('count', 1);
    ends.page.post({ t: 'hello', page: 'page 2' });
    await settled();
    stop();
    const page = new PageChannel<Pretend>(ends.page, 'page 2', clock.later, said);
    const seen: unknown[] = [];
    page.on('count', (value) => seen.push(value));
    page.hello();
    assert.deepEqual(seen, [], 'the script that says hello had not run to its end');
    await settled();
    assert.deepEqual(seen, [1]);
    host.setState('count', 2);
    clock.pass();
    await settled();
    assert.deepEqual(seen, [1, 2]);
    assert.equal(await page.call('double', 4), 8);
  });

  it('shows the newest value and skips what came between, at its own pace', async () => {
    const { host, page, clock } = channels();
    const seen: number[] = [];
    page.on('count', (value) => seen.push(value));
    page.hello();
    await settled();
    for (let n = 1; n <= 100; n++) host.setState('count', n);
    await settled();
    assert.deepEqual(seen, [1]);
    clock.pass();
    await settled();
    assert.deepEqual(seen, [1, 100]);
    clock.pass();
    await settled();
    assert.deepEqual(seen, [1, 100]);
  });

  it('does not send again what says what it said before', async () => {
    const { host, page, clock } = channels();
    const seen: number[] = [];
    page.on('count', (value) => seen.push(value));
    page.hello();
    for (const n of [1, 1, 2, 2, 1]) {
      host.setState('count', n);
      await settled();
      clock.pass();
      await settled();
    }
    assert.deepEqual(seen, [1, 2, 1]);
  });

  it('sends every state again to a page that was made anew', async () => {
    const { host, page, ends, clock } = channels();
    page.hello();
    host.setState('count', 7);
    host.setState('name', 'seven');
    await settled();
    clock.pass();
    await settled();
    const again = new PageChannel<Pretend>(ends.page, 'page 2', clock.later);
    const seen: unknown[] = [];
    again.on('count', (value) => seen.push(value));
    again.on('name', (value) => seen.push(value));
    again.hello();
    await settled();
    assert.deepEqual(seen, [7, 'seven']);
  });

  it('answers a call, also with why there is no answer', async () => {
    const { page } = channels();
    page.hello();
    assert.equal(await page.call('double', 21), 42);
    await assert.rejects(page.call('fail', null), { code: 'stale', message: 'The document has moved on.' });
    await assert.rejects(page.call('double', 'x' as never), { code: 'invalid' });
    await assert.rejects(page.call('toString' as never, null), { code: 'invalid' });
  });

  it('drops what a page may not say, and hears the rest', async () => {
    const picked: string[] = [];
    const { page, ends } = channels(picked);
    page.hello();
    for (const message of [
      null,
      7,
      'pick',
      {},
      { t: 'intent' },
      { t: 'intent', name: 'constructor', value: 1 },
    ])
      ends.page.post(message);
    page.intent('pick', 5 as never);
    page.intent('pick', 'this');
    await settled();
    assert.deepEqual(picked, ['this']);
  });

  it('leaves no call waiting when the page goes, or when nobody answers', async () => {
    const { page, clock } = channels();
    const waiting = page.call('double', 1); // before hello the host knows no page to answer
    clock.pass();
    await assert.rejects(waiting, { code: 'timeout' });
    const lost = page.call('double', 2);
    page.dispose();
    await assert.rejects(lost, { code: 'disposed' });
  });
});

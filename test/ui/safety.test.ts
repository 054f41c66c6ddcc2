import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import path from 'node:path';
import { freshFolder, freshService, openOwnServer } from './sharedServer.ts';

const KEY = `sk-ant-api03-${'of-a-person-'.repeat(4)}`;

/** A server of somebody else's: it remembers who came, and with what. */
class ForeignServer implements AsyncDisposable {
  readonly requests: { readonly url: string; readonly authorization: string | undefined }[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => {
      this.requests.push({ url: request.url ?? '', authorization: request.headers.authorization });
      response.statusCode = 503;
      response.end('{}');
    });
  }

  static async listen(): Promise<ForeignServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ForeignServer(server);
  }

  get url(): string {
    const address = this.#server.address();
    assert.ok(typeof address === 'object' && address !== null);
    return `http://127.0.0.1:${String(address.port)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

const JOB = {
  version: 1,
  title: 'One text',
  defaults: { model: 'mock-small' },
  costLimitUsd: 5,
  cells: [{ kind: 'files', id: 'one', files: ['a.md'], prompt: 'Summarize.', output: false }],
};

describe('What a folder brings along', function () {
  this.timeout(120_000);

  it('redirects no request and no key by a settings file with a foreign base URL', async () => {
    const service = await freshService();
    await using foreign = await ForeignServer.listen();
    const folder = await freshFolder({
      'a.md': 'A text with a few words in it.',
      'one.batch.json': JOB,
      '.vscode/settings.json': {
        'batchbook.anthropic.baseUrl': foreign.url,
        'batchbook.openai.baseUrl': foreign.url,
        'batchbook.gemini.baseUrl': foreign.url,
      },
    });
    // The pretend service stands in for Anthropic here: at the address that the person's environment names.
    await using window = await openOwnServer(folder, {
      env: { BATCHBOOK_MOCK_SERVICE: 'anthropic', ANTHROPIC_BASE_URL: service.url, ANTHROPIC_API_KEY: KEY },
    });
    await window.command('Batchbook: Set API Key');
    await window.quickPickRow(new RegExp(`Anthropic.*${service.url.replaceAll('.', '\\.')}`)).waitFor();
    await window.quickPickRow(/OpenAI.*https:\/\/api\.openai\.com/).waitFor();
    await window.page.keyboard.press('Escape');
    await window.command('Batchbook: Run Job File');
    await window.ownPage.getByText(service.url).first().waitFor();
    await window.confirm('Send 1 Row');
    await window.statusBarSays('1/1');
    assert.equal((await service.ledger()).batches.length, 1);
    assert.deepEqual(foreign.requests, []);
  });

  it('is not followed where the person has set the address, and the key of another address stays at home', async () => {
    const service = await freshService();
    await using foreign = await ForeignServer.listen();
    const folder = await freshFolder({ 'a.md': 'A text with a few words in it.', 'one.batch.json': JOB });
    // The same settings, but made by the person: they count. The environment's key is for the environment's address.
    await using window = await openOwnServer(folder, {
      env: { BATCHBOOK_MOCK_SERVICE: 'anthropic', ANTHROPIC_BASE_URL: service.url, ANTHROPIC_API_KEY: KEY },
      settings: { 'batchbook.anthropic.baseUrl': foreign.url },
    });
    await window.command('Batchbook: Run Job File');
    await window.ownPage.getByText(foreign.url).first().waitFor();
    await window.confirm('Send 1 Row');
    while (foreign.requests.length === 0) await window.page.waitForTimeout(50);
    assert.equal((await service.ledger()).batches.length, 0);
    assert.deepEqual(
      foreign.requests.filter(({ authorization }) => authorization !== undefined),
      [],
    );
  });

  it('sends nothing as long as it is not trusted, and can be looked at', async () => {
    const service = await freshService();
    const folder = await freshFolder({
      'a.md': 'A text with a few words in it.',
      'one.batch.json': JOB,
    });
    await using window = await openOwnServer(folder, {
      workspaceTrust: true,
      env: { BATCHBOOK_MOCK_SERVICE: service.url },
      settings: {
        'security.workspace.trust.startupPrompt': 'never',
        'security.workspace.trust.banner': 'never',
      },
    });
    await window.showRuns();
    await window.page.getByText('This folder is in Restricted Mode.').first().waitFor();
    await window.screenshot('restricted-mode');
    await window.openFile('one.batch.json');
    await window.page.keyboard.press('F1');
    await window.quickInput.fill('>Batchbook: ');
    await window.quickPickRow('Batchbook: Set API Key').waitFor();
    for (const sending of ['Run Job File', 'Summarize Selected Files', 'Try the Sample', 'Resume Run'])
      assert.equal(
        await window.page.locator('.quick-input-list').getByText(`Batchbook: ${sending}`).count(),
        0,
      );
    await window.page.keyboard.press('Escape');
    assert.equal((await service.ledger()).batches.length, 0);
    assert.equal(existsSync(path.join(folder, '.batchbook')), false);
  });
});

import type { SecretStorage } from 'vscode';
import { BatchbookError, describeCause } from '../../core/errors.ts';

/** Keys in VS Code's SecretStorage, one for each service and origin. Nothing else of them is kept anywhere. */
export class SecretKeys {
  readonly #secrets: SecretStorage;

  constructor(secrets: SecretStorage) {
    this.#secrets = secrets;
  }

  /** The key that was set for this very origin. @throws BatchbookError `auth` when the key store cannot be read. */
  async get(service: string, origin: string): Promise<string | undefined> {
    return explained(() => this.#secrets.get(nameOf(service, origin)));
  }

  /** @throws BatchbookError `auth` when the key store takes nothing. */
  async set(service: string, origin: string, apiKey: string): Promise<void> {
    await explained(() => this.#secrets.store(nameOf(service, origin), apiKey));
  }

  /** @throws BatchbookError `auth` when the key store cannot be changed. */
  async remove(service: string, origin: string): Promise<void> {
    await explained(() => this.#secrets.delete(nameOf(service, origin)));
  }
}

function nameOf(service: string, origin: string): string {
  return `batchbook.key.${service}@${origin}`;
}

async function explained<T>(action: () => Thenable<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw new BatchbookError(
      'auth',
      `The system's key store cannot be used: ${describeCause(error)}. Unlock it or install one (on Linux a keyring such as gnome-keyring), or set the key as an environment variable and start VS Code from there. No key was written anywhere else.`,
      { cause: error },
    );
  }
}

import { Pieces, Refusal, jsonOf, type Answer, type SeenRequest } from '../exchange.ts';

/** Files are kept for so long. */
const LIFE_MS = 48 * 3_600_000;
const MAX_BYTES = 2_147_483_648;

/** A file at the service: as it was uploaded, or made of a batch's results whenever it is read. */
export interface StoredFile {
  readonly name: string;
  readonly displayName: string;
  readonly mimeType: string;
  readonly createdAt: number;
  content: Buffer | (() => Iterable<string>);
  /** Bytes of a resumable upload that have come. */
  received: number;
  looks: number;
  readonly whenRead?: () => void;
}

export interface FileStoreOptions {
  readonly now: () => number;
  readonly newId: (length: number) => string;
  readonly origin: () => string;
  /** Looks until an uploaded file can be used. */
  readonly looks: () => number;
}

/** The files of a service, for as long as it keeps them. */
export class FileStore extends Map<string, StoredFile> {
  readonly #options: FileStoreOptions;

  constructor(options: FileStoreOptions) {
    super();
    this.#options = options;
  }

  /** The first step of a resumable upload: where to send the bytes. */
  startUpload(request: SeenRequest): Answer {
    const { file = {} } = jsonOf(request) as {
      readonly file?: {
        readonly mimeType?: string;
        readonly displayName?: string;
        readonly sizeBytes?: string;
      };
    };
    const { headers } = request;
    const bytes = Number(headers['x-goog-upload-header-content-length'] ?? file.sizeBytes ?? NaN);
    if (headers['x-goog-upload-protocol'] !== 'resumable' || headers['x-goog-upload-command'] !== 'start')
      throw refusal(400, 'INVALID_ARGUMENT', 'Only resumable uploads are taken here.');
    if (!(bytes >= 0 && bytes <= MAX_BYTES)) throw refusal(400, 'INVALID_ARGUMENT', 'The file is too large.');
    const id = this.#options.newId(12);
    this.set(`files/${id}`, {
      name: `files/${id}`,
      displayName: file.displayName ?? '',
      mimeType: file.mimeType ?? String(headers['x-goog-upload-header-content-type']),
      createdAt: this.#options.now(),
      content: Buffer.alloc(bytes),
      received: 0,
      looks: 0,
    });
    return {
      body: {},
      headers: {
        'x-goog-upload-url': `${this.#options.origin()}/upload/v1/files?upload_id=${id}&upload_protocol=resumable`,
        'x-goog-upload-status': 'active',
      },
    };
  }

  /** The other steps: one chunk each, at its offset. */
  upload(request: SeenRequest): Answer {
    const file = this.named(`files/${request.query.get('upload_id') ?? ''}`);
    const offset = Number(request.headers['x-goog-upload-offset']);
    if (offset !== file.received || !Buffer.isBuffer(file.content))
      throw refusal(400, 'INVALID_ARGUMENT', `The offset must be ${String(file.received)}.`);
    request.body.copy(file.content, offset);
    file.received += request.body.length;
    const isFinal = String(request.headers['x-goog-upload-command']).includes('finalize');
    if (isFinal && file.received !== file.content.length)
      throw refusal(400, 'INVALID_ARGUMENT', 'The upload is not complete.');
    return {
      body: isFinal ? { file: this.view(file) } : {},
      headers: { 'x-goog-upload-status': isFinal ? 'final' : 'active' },
    };
  }

  /** The results of a batch. */
  keep(name: string, content: () => Iterable<string>, whenRead: () => void): void {
    const createdAt = this.#options.now();
    const mimeType = 'application/jsonl';
    const looks = Infinity;
    this.set(name, { name, displayName: '', mimeType, createdAt, content, received: 0, looks, whenRead });
  }

  /** @throws Refusal 403 where there is none, or none any more. */
  named(name: string | undefined): StoredFile {
    const file = this.get(name ?? '');
    if (file === undefined || this.#isGone(file))
      throw refusal(
        403,
        'PERMISSION_DENIED',
        `You do not have permission to access the File ${name ?? ''} or it may not exist.`,
      );
    return file;
  }

  /** Newest first. */
  listed(): readonly StoredFile[] {
    return [...this.values()].filter((file) => !this.#isGone(file)).toReversed();
  }

  isActive(file: StoredFile): boolean {
    return file.looks > this.#options.looks();
  }

  /** The file as the service tells of it. Each look brings it nearer to being of use. */
  view(file: StoredFile): unknown {
    file.looks += 1;
    const { name, displayName, mimeType, createdAt, content } = file;
    return {
      name,
      displayName,
      mimeType,
      ...(Buffer.isBuffer(content) ? { sizeBytes: String(content.length) } : {}),
      createTime: new Date(createdAt).toISOString(),
      updateTime: new Date(createdAt).toISOString(),
      expirationTime: new Date(createdAt + LIFE_MS).toISOString(),
      uri: `${this.#options.origin()}/v1/${name}`,
      state: this.isActive(file) ? 'ACTIVE' : 'PROCESSING',
      source: Buffer.isBuffer(content) ? 'UPLOADED' : 'GENERATED',
    };
  }

  #isGone({ createdAt }: StoredFile): boolean {
    return this.#options.now() >= createdAt + LIFE_MS;
  }
}

/** A file's content as an answer. */
export function contentOf({ content, whenRead }: StoredFile): Answer {
  return {
    body: Buffer.isBuffer(content) ? content : new Pieces(content()),
    ...(whenRead === undefined ? {} : { whenRead }),
  };
}

/** An error as the service words it. */
export function refusal(code: number, status: string, message: string): Refusal {
  return new Refusal(code, { error: { code, message, status } });
}

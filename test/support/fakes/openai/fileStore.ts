import { Pieces, type Answer, type SeenRequest } from '../exchange.ts';
import { formDataOf } from '../formData.ts';
import { refusal } from './requests.ts';

const MAX_BYTES = 209_715_200;
/** Files are kept for so long unless their upload says otherwise, in seconds. */
const LIFE_S = 30 * 86_400;

/** A file at the service: as it was uploaded, or made of a batch's results whenever it is read. */
export interface StoredFile {
  readonly id: string;
  readonly filename: string;
  readonly purpose: string;
  readonly content: Buffer | (() => Iterable<string>);
  /** Seconds since the epoch. */
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly whenRead: (() => void) | undefined;
}

/** The files of a service, for as long as it keeps them. */
export class FileStore extends Map<string, StoredFile> {
  readonly #seconds: () => number;
  readonly #newId: (length: number) => string;

  constructor(seconds: () => number, newId: (length: number) => string) {
    super();
    this.#seconds = seconds;
    this.#newId = newId;
  }

  /** @throws Refusal 400 as the service words it. What stands in the file is not looked at. */
  upload(request: SeenRequest): StoredFile {
    const form = formDataOf(request);
    const text = (part: string): string | undefined =>
      form.find(({ name }) => name === part)?.content.toString();
    const file = form.find(({ filename }) => filename !== undefined);
    const purpose = text('purpose') ?? '';
    if (file?.filename === undefined) throw refusal(400, "'file' is a required property", null);
    if (purpose === 'batch' && !file.filename.endsWith('.jsonl'))
      throw refusal(400, 'Invalid file format for Batch API. Must be .jsonl', null);
    if (file.content.length > MAX_BYTES)
      throw refusal(400, `The file is larger than the ${String(MAX_BYTES)} maximum`, null);
    const lifeS = Number(text('expires_after[seconds]') ?? LIFE_S);
    if (!(lifeS >= 3_600 && lifeS <= LIFE_S)) throw refusal(400, "Invalid 'expires_after'.");
    return this.keep(file.filename, purpose, file.content, undefined, lifeS);
  }

  keep(
    filename: string,
    purpose: string,
    content: StoredFile['content'],
    whenRead?: () => void,
    lifeS = LIFE_S,
  ): StoredFile {
    const id = `file-${this.#newId(24)}`;
    const createdAt = this.#seconds();
    const file = { id, filename, purpose, content, createdAt, expiresAt: createdAt + lifeS, whenRead };
    this.set(id, file);
    return file;
  }

  /** @throws Refusal 404 where there is none, or none any more. */
  named(id: string | undefined): StoredFile {
    const file = this.get(id ?? '');
    if (file === undefined || this.#isGone(file))
      throw refusal(404, `No such File object: ${id ?? ''}`, null);
    return file;
  }

  /** Newest first, or oldest first where that is asked for. */
  listed(query: URLSearchParams): readonly StoredFile[] {
    const purpose = query.get('purpose');
    const all = [...this.values()].filter(
      (file) => !this.#isGone(file) && (purpose === null || file.purpose === purpose),
    );
    return query.get('order') === 'asc' ? all : all.toReversed();
  }

  #isGone({ expiresAt }: StoredFile): boolean {
    return this.#seconds() >= expiresAt;
  }
}

/** A file's content as an answer. */
export function contentOf({ content, whenRead }: StoredFile): Answer {
  return {
    body: Buffer.isBuffer(content) ? content : new Pieces(content()),
    ...(whenRead === undefined ? {} : { whenRead }),
  };
}

/** The file object of the service. */
export function fileView({ id, filename, purpose, content, createdAt, expiresAt }: StoredFile): unknown {
  return {
    object: 'file',
    id,
    purpose,
    filename,
    bytes: Buffer.isBuffer(content) ? content.length : byteLength(content()),
    created_at: createdAt,
    expires_at: expiresAt,
    status: 'processed',
    status_details: null,
  };
}

function byteLength(pieces: Iterable<string>): number {
  let bytes = 0;
  for (const piece of pieces) bytes += Buffer.byteLength(piece);
  return bytes;
}

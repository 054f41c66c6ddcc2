import { Refusal, type SeenRequest } from './exchange.ts';

/** One part of a multipart body. */
export interface FormPart {
  readonly name: string;
  readonly filename: string | undefined;
  readonly content: Buffer;
}

/** The parts of a `multipart/form-data` body (RFC 7578), in their order. @throws Refusal 400 where it is none. */
export function formDataOf({ headers, body }: SeenRequest): readonly FormPart[] {
  const boundary = /boundary="?([^";]+)"?/.exec(headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) throw new Refusal(400, { error: { message: 'not a form' } });
  const mark = Buffer.from(`--${boundary}`);
  const parts: FormPart[] = [];
  for (let at = body.indexOf(mark); at >= 0;) {
    const next = body.indexOf(mark, at + mark.length);
    if (next < 0) break;
    const part = body.subarray(at + mark.length + 2, next - 2);
    const split = part.indexOf('\r\n\r\n');
    const head = part.subarray(0, split).toString();
    parts.push({
      name: /name="([^"]*)"/.exec(head)?.[1] ?? '',
      filename: /filename="([^"]*)"/.exec(head)?.[1],
      content: part.subarray(split + 4),
    });
    at = next;
  }
  return parts;
}

import { generateKeyPairSync, sign } from 'node:crypto';

/** A certificate that only its maker trusts, and the key that belongs to it, both as PEM. */
export interface SelfSigned {
  readonly cert: string;
  readonly key: string;
}

/** SHA-256 with ECDSA, and the names of what stands in a certificate (RFC 5280, RFC 5758). */
const OIDS = { ecdsa: '2a8648ce3d040302', commonName: '550403', altNames: '551d11', isAuthority: '551d13' };

/**
 * Makes a certificate (X.509, RFC 5280).
 *
 * @param dnsName The one host that it is for.
 * @param days From and until when it holds, counted from now.
 */
export function selfSigned(dnsName: string, days: readonly [from: number, until: number]): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid(OIDS.ecdsa));
  const name = sequence(der(0x31, sequence(oid(OIDS.commonName), der(0x0c, Buffer.from('test')))));
  const altNames = sequence(oid(OIDS.altNames), der(0x04, sequence(der(0x82, Buffer.from(dnsName)))));
  const isAuthority = sequence(oid(OIDS.isAuthority), der(0x04, sequence(der(0x01, Buffer.from([0xff])))));
  const body = sequence(
    der(0xa0, integer(2)), // version 3
    integer(1),
    algorithm,
    name,
    sequence(...days.map(time)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(altNames, isAuthority)),
  );
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]));
  const base64 = sequence(body, algorithm, signature).toString('base64').replace(/.{64}/g, '$&\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** Tag, length, value. */
function der(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), value]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function integer(value: number): Buffer {
  return der(0x02, Buffer.from([value]));
}

function time(day: number): Buffer {
  const at = new Date(Date.now() + day * 86_400_000).toISOString();
  return der(0x18, Buffer.from(`${at.slice(0, 19).replace(/[-:T]/g, '')}Z`));
}

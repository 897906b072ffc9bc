import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** A certificate authority of a test, and what a server needs that it vouches for. All PEM. */
export interface Vouched {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Makes an authority and a certificate for a host name, both for a day around now; the authority's key is thrown away. */
export function vouchFor(hostName: string): Vouched {
  const authority = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const server = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = distinguished("cco test authority");
  const isAuthority = extension([2, 5, 29, 19], sequence(tagged(0x01, Buffer.of(0xff))), true);
  const ca = certificate(
    { subject: name, issuer: name, key: authority.publicKey, extensions: [isAuthority] },
    authority.privateKey,
  );
  const names = extension([2, 5, 29, 17], sequence(tagged(0x82, Buffer.from(hostName, "ascii"))));
  const leaf = { subject: distinguished(hostName), issuer: name, key: server.publicKey, extensions: [names] };
  return {
    ca: pem(ca),
    cert: pem(certificate(leaf, authority.privateKey)),
    key: server.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

interface Content {
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly key: KeyObject;
  readonly extensions: readonly Buffer[];
}

const DAY_MS = 24 * 3_600_000;

/** ecdsa-with-SHA256 */
const SIGNED_WITH = sequence(objectId([1, 2, 840, 10_045, 4, 3, 2]));

function certificate({ subject, issuer, key, extensions }: Content, signer: KeyObject): Buffer {
  const now = Date.now();
  const content = sequence(
    tagged(0xa0, tagged(0x02, Buffer.of(2))),
    tagged(0x02, Buffer.concat([Buffer.of(1), randomBytes(15)])),
    SIGNED_WITH,
    issuer,
    sequence(time(now - DAY_MS), time(now + DAY_MS)),
    subject,
    key.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", content, signer);
  return sequence(content, SIGNED_WITH, tagged(0x03, Buffer.concat([Buffer.of(0), signature])));
}

function distinguished(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(objectId([2, 5, 4, 3]), tagged(0x0c, Buffer.from(commonName, "utf8")))));
}

function extension(id: readonly number[], value: Buffer, critical = false): Buffer {
  return sequence(objectId(id), ...(critical ? [tagged(0x01, Buffer.of(0xff))] : []), tagged(0x04, value));
}

/** UTCTime. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return tagged(0x17, Buffer.from(digits.slice(2), "ascii"));
}

function objectId([first = 0, second = 0, ...rest]: readonly number[]): Buffer {
  const bytes = rest.flatMap((part) => {
    const groups = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return tagged(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const long = length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  const size = length < 128 ? [length] : long;
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

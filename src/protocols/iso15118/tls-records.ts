/**
 * TLS of a capture undone with the secrets of its connections (key log lines, as the IETF's draft-ietf-tls-keylogfile
 * describes them): TLS 1.2 with AES in CBC or GCM and with ChaCha20 (RFC 5246, 5288, 7366, 7905), TLS 1.3 (RFC 8446).
 * For reading recordings only: nothing is authenticated that is not part of deciphering.
 */
import { createDecipheriv, createHmac } from "node:crypto";

/** Octets of one direction, and when each stretch of them was seen. */
export interface Timed {
  readonly bytes: Uint8Array;
  /** Where each stretch ends, and its time, ms; ascending. */
  readonly times: readonly { readonly end: number; readonly tMs: number }[];
}

/** Secrets by label and client random. */
export type KeyLog = ReadonlyMap<string, Uint8Array>;

const linesMax = 100_000;
const linePattern = /^([A-Z0-9_]{4,40}) ([0-9a-f]{64}) ([0-9a-f]{64,128})$/i;

export function readKeyLog(text: string): KeyLog {
  const log = new Map<string, Uint8Array>();
  for (const line of text.split(/\r?\n/, linesMax)) {
    const match = linePattern.exec(line.trim());
    if (match !== null) log.set(`${match[1]} ${match[2]!.toLowerCase()}`, Buffer.from(match[3]!, "hex"));
  }
  return log;
}

/** A record of TLS: handshake or data, version 3.x. */
export const isTls = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0x16 || bytes[0] === 0x17) && bytes[1] === 3 && bytes[2]! <= 4;

const handshakeRecord = 22;
const dataRecord = 23;
const cipherChange = 20;
/** The first message of a handshake. */
export const clientHello = 1;
const serverHello = 2;
const finished = 20;
const keyUpdate = 24;

interface Suite {
  readonly hash: "sha256" | "sha384";
  readonly cipher: "aes-128-cbc" | "aes-256-cbc" | "aes-128-gcm" | "aes-256-gcm" | "chacha20-poly1305";
  readonly keyBytes: number;
  /** Of the MAC beside CBC. */
  readonly mac: "sha1" | "sha256" | "sha384";
}
const gcm128: Suite = { hash: "sha256", cipher: "aes-128-gcm", keyBytes: 16, mac: "sha256" };
const gcm256: Suite = { hash: "sha384", cipher: "aes-256-gcm", keyBytes: 32, mac: "sha384" };
const chacha: Suite = { hash: "sha256", cipher: "chacha20-poly1305", keyBytes: 32, mac: "sha256" };
const cbc = (keyBytes: 16 | 32, mac: Suite["mac"]): Suite => ({
  hash: mac === "sha384" ? "sha384" : "sha256",
  cipher: keyBytes === 16 ? "aes-128-cbc" : "aes-256-cbc",
  keyBytes,
  mac,
});

/** By their numbers at the IANA; those of ISO 15118-2 are 0xC023 and 0xC025. */
const suites: { readonly [number: number]: Suite } = {
  4865: gcm128,
  4866: gcm256,
  4867: chacha,
  49161: cbc(16, "sha1"),
  49171: cbc(16, "sha1"),
  49187: cbc(16, "sha256"),
  49189: cbc(16, "sha256"),
  49191: cbc(16, "sha256"),
  49188: cbc(32, "sha384"),
  49195: gcm128,
  49197: gcm128,
  49199: gcm128,
  49196: gcm256,
  49200: gcm256,
  52392: chacha,
  52393: chacha,
};
const macBytes = { sha1: 20, sha256: 32, sha384: 48 } as const;
const tagBytes = 16;

interface Record {
  readonly type: number;
  readonly header: Uint8Array;
  readonly body: Uint8Array;
  readonly end: number;
}

function recordsOf(bytes: Uint8Array): Record[] {
  const records: Record[] = [];
  for (let at = 0; at + 5 <= bytes.length; ) {
    const end = at + 5 + bytes[at + 3]! * 256 + bytes[at + 4]!;
    if (bytes[at + 1] !== 3 || end > bytes.length) break;
    records.push({ type: bytes[at]!, header: bytes.subarray(at, at + 5), body: bytes.subarray(at + 5, end), end });
    at = end;
  }
  return records;
}

interface Hello {
  readonly random: Uint8Array;
  readonly suite: number;
  readonly isTls13: boolean;
  readonly encryptThenMac: boolean;
}

/** A hello in the first records; the server's has the suite and what was agreed on. */
function helloOf(records: readonly Record[], kind: number): Hello | undefined {
  let hello: Hello | undefined;
  for (const { type, body } of records) {
    if (type !== handshakeRecord || body[0] !== kind || body.length < 39) continue;
    const random = body.subarray(6, 38);
    if (kind === clientHello) return { random, suite: 0, isTls13: false, encryptThenMac: false };
    let at = 39 + body[38]!;
    const suite = body[at]! * 256 + body[at + 1]!;
    at += 3;
    const extensionsEnd = Math.min(body.length, at + 2 + (body[at] ?? 0) * 256 + (body[at + 1] ?? 0));
    let isTls13 = false;
    let encryptThenMac = false;
    for (at += 2; at + 4 <= extensionsEnd; ) {
      const id = body[at]! * 256 + body[at + 1]!;
      const length = body[at + 2]! * 256 + body[at + 3]!;
      if (id === 43 && body[at + 5] === 4) isTls13 = true;
      if (id === 22) encryptThenMac = true;
      at += 4 + length;
    }
    // A retry is followed by the hello that counts.
    hello = { random, suite, isTls13, encryptThenMac };
  }
  return hello;
}

const hmac = (hash: string, key: Uint8Array, data: Uint8Array): Buffer => createHmac(hash, key).update(data).digest();

/** P_hash of RFC 5246, section 5. */
function keyBlock(hash: string, master: Uint8Array, seed: Uint8Array, length: number): Buffer {
  const labelled = Buffer.concat([Buffer.from("key expansion"), seed]);
  let a = hmac(hash, master, labelled);
  const parts: Buffer[] = [];
  for (let have = 0; have < length; have += a.length) {
    parts.push(hmac(hash, master, Buffer.concat([a, labelled])));
    a = hmac(hash, master, a);
  }
  return Buffer.concat(parts).subarray(0, length);
}

/** HKDF-Expand-Label of RFC 8446, section 7.1, with an empty context; one round is enough for what is asked here. */
function expandLabel(hash: string, secret: Uint8Array, label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([Buffer.from([length >> 8, length & 0xff, name.length]), name, Buffer.from([0, 1])]);
  return hmac(hash, secret, info).subarray(0, length);
}

/** Deciphers the body of a record. Throws where it can't. */
type Opener = (record: Record, sequence: number) => Uint8Array;

function openAead({ cipher }: Suite, key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Buffer {
  const decipher = createDecipheriv(cipher as "aes-128-gcm", key, nonce, { authTagLength: tagBytes });
  return decipher.update(sealed.subarray(0, sealed.length - tagBytes));
}

function xorSequence(iv: Uint8Array, sequence: number): Buffer {
  const nonce = Buffer.from(iv);
  for (let i = 0, left = sequence; left > 0; i++, left = Math.floor(left / 256))
    nonce[nonce.length - 1 - i]! ^= left & 0xff;
  return nonce;
}

function openersOf12(suite: Suite, master: Uint8Array, client: Hello, server: Hello): readonly [Opener, Opener] {
  const isCbc = suite.cipher.endsWith("cbc");
  const ivBytes = isCbc ? 0 : suite.cipher === "chacha20-poly1305" ? 12 : 4;
  const mac = isCbc ? macBytes[suite.mac] : 0;
  const block = keyBlock(
    suite.hash,
    master,
    Buffer.concat([server.random, client.random]),
    2 * (mac + suite.keyBytes + ivBytes),
  );
  const opener = (side: 0 | 1): Opener => {
    const keyAt = 2 * mac + side * suite.keyBytes;
    const key = block.subarray(keyAt, keyAt + suite.keyBytes);
    const ivAt = 2 * (mac + suite.keyBytes) + side * ivBytes;
    const iv = block.subarray(ivAt, ivAt + ivBytes);
    return ({ body }, sequence) => {
      if (suite.cipher === "chacha20-poly1305") return openAead(suite, key, xorSequence(iv, sequence), body);
      if (!isCbc) return openAead(suite, key, Buffer.concat([iv, body.subarray(0, 8)]), body.subarray(8));
      const sealed = server.encryptThenMac ? body.subarray(0, body.length - mac) : body;
      const decipher = createDecipheriv(suite.cipher, key, sealed.subarray(0, 16)).setAutoPadding(false);
      const padded = Buffer.concat([decipher.update(sealed.subarray(16)), decipher.final()]);
      const end = padded.length - 1 - padded.at(-1)! - (server.encryptThenMac ? 0 : mac);
      return padded.subarray(0, Math.max(0, end));
    };
  };
  return [opener(0), opener(1)];
}

interface Opened {
  readonly type: number;
  readonly content: Uint8Array;
  readonly end: number;
}

function open12(records: readonly Record[], opener: Opener): Opened[] {
  const opened: Opened[] = [];
  let sequence = -1;
  for (const record of records) {
    if (record.type === cipherChange) sequence = 0;
    else if (sequence >= 0) opened.push({ type: record.type, content: opener(record, sequence++), end: record.end });
  }
  return opened;
}

/** The type of each message of a handshake, which may be spread over records. */
function createMessages(): (piece: Uint8Array) => number[] {
  let rest: Uint8Array = new Uint8Array(0);
  return (piece) => {
    rest = Buffer.concat([rest, piece]);
    const kinds: number[] = [];
    while (rest.length >= 4) {
      const end = 4 + rest[1]! * 65_536 + rest[2]! * 256 + rest[3]!;
      if (end > rest.length) break;
      kinds.push(rest[0]!);
      rest = rest.subarray(end);
    }
    return kinds;
  };
}

function open13(records: readonly Record[], suite: Suite, handshake: Uint8Array, traffic: Uint8Array): Opened[] {
  const opened: Opened[] = [];
  const messages = createMessages();
  let secret = handshake;
  let sequence = 0;
  const hashBytes = suite.hash === "sha384" ? 48 : 32;
  for (const record of records) {
    if (record.type !== dataRecord) continue;
    const key = expandLabel(suite.hash, secret, "key", suite.keyBytes);
    const iv = expandLabel(suite.hash, secret, "iv", 12);
    const inner = openAead(suite, key, xorSequence(iv, sequence++), record.body);
    let length = inner.length;
    while (length > 0 && inner[length - 1] === 0) length--;
    const type = inner[length - 1] ?? 0;
    const content = inner.subarray(0, Math.max(0, length - 1));
    opened.push({ type, content, end: record.end });
    if (type !== handshakeRecord) continue;
    for (const kind of messages(content)) {
      if (kind === finished) secret = traffic;
      else if (kind === keyUpdate) secret = expandLabel(suite.hash, secret, "traffic upd", hashBytes);
      if (kind === finished || kind === keyUpdate) sequence = 0;
    }
  }
  return opened;
}

/** Application data as one stretch, each record at the time of its last octet. */
function dataOf(opened: readonly Opened[], from: Timed): Timed {
  const parts: Uint8Array[] = [];
  const times: { end: number; tMs: number }[] = [];
  let length = 0;
  for (const { type, content, end } of opened) {
    if (type !== dataRecord || content.length === 0) continue;
    parts.push(content);
    length += content.length;
    times.push({ end: length, tMs: timeOf(from, end) });
  }
  return { bytes: Buffer.concat(parts), times };
}

/** When the octet before this place was seen. */
export function timeOf({ times }: Timed, end: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]!.end >= end) high = middle;
    else low = middle + 1;
  }
  return times[low]?.tMs ?? Number.NaN;
}

export type Undone =
  | { readonly ok: true; readonly fromClient: Timed; readonly fromServer: Timed; readonly version: string }
  | { readonly ok: false; readonly why: string };

const not = (why: string): Undone => ({ ok: false, why });

/** Both directions of a connection without their encryption, or why not. */
export function undoTls(client: Timed, server: Timed, keys: KeyLog): Undone {
  const asked = recordsOf(client.bytes);
  const answered = recordsOf(server.bytes);
  const mine = helloOf(asked, clientHello);
  const theirs = helloOf(answered, serverHello);
  if (mine === undefined || theirs === undefined) return not("its handshake is not in the capture");
  const suite = suites[theirs.suite];
  if (suite === undefined) return not(`its cipher suite 0x${theirs.suite.toString(16)} is not known here`);
  const secret = (label: string): Uint8Array | undefined =>
    keys.get(`${label} ${Buffer.from(mine.random).toString("hex")}`);
  try {
    if (theirs.isTls13) {
      const [a, b, c, d] = ["CLIENT_HANDSHAKE", "SERVER_HANDSHAKE", "CLIENT", "SERVER"].map((who) =>
        secret(`${who}_TRAFFIC_SECRET${who.endsWith("HANDSHAKE") ? "" : "_0"}`),
      );
      if (!a || !b || !c || !d) return not("no secrets of it are known (TLS 1.3)");
      return {
        ok: true,
        version: "TLS 1.3",
        fromClient: dataOf(open13(asked, suite, a, c), client),
        fromServer: dataOf(open13(answered, suite, b, d), server),
      };
    }
    const master = secret("CLIENT_RANDOM");
    if (master === undefined) return not("no secret of it is known (TLS 1.2)");
    const [forClient, forServer] = openersOf12(suite, master, mine, theirs);
    return {
      ok: true,
      version: "TLS 1.2",
      fromClient: dataOf(open12(asked, forClient), client),
      fromServer: dataOf(open12(answered, forServer), server),
    };
  } catch (thrown) {
    return not(`it does not open with the secrets that are known: ${(thrown as Error).message}`);
  }
}

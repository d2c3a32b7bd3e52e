/** Codes of a second factor: six digits from a shared secret and the time of 30 s steps (RFC 6238, with RFC 4226's truncation). */
import { createHmac, randomBytes } from "node:crypto";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const secretBytes = 20;
const stepMs = 30_000;
const digits = 6;
/** A clock may be this many steps ahead or behind. */
const stepsApartMax = 1;

/** A new secret in Base32, as authenticators take it. */
export const newSecret = (): string => base32(randomBytes(secretBytes));

/** What an authenticator opens or a code shows: whose secret it is, and for which site. */
export const secretUri = (secret: string, name: string, site: string): string =>
  `otpauth://totp/${encodeURIComponent(`Islet ${site}:${name}`)}?secret=${secret}&issuer=${encodeURIComponent(`Islet ${site}`)}`;

export const stepOf = (nowMs: number): number => Math.floor(nowMs / stepMs);

/** The code of a step. */
export function codeOf(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", fromBase32(secret)).update(counter).digest();
  const at = mac[mac.length - 1]! & 0x0f;
  return String((mac.readUInt32BE(at) & 0x7fff_ffff) % 10 ** digits).padStart(digits, "0");
}

/** The step that a code belongs to, never one at or before `usedStep`: a code counts once. Null when it fits none. */
export function fittingStep(secret: string, code: string, nowMs: number, usedStep: number): number | null {
  const now = stepOf(nowMs);
  let fits: number | null = null;
  for (let step = now - stepsApartMax; step <= now + stepsApartMax; step++)
    if (step > usedStep && code === codeOf(secret, step)) fits = step;
  return fits;
}

function base32(bytes: Buffer): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += letters[(held >> (bits - 5)) & 31];
  }
  return text;
}

function fromBase32(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const letter of text) {
    held = ((held << 5) | letters.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 0xff);
  }
  return Buffer.from(bytes);
}

/** A self-signed certificate for HTTPS on a local network, made once and kept. */
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { type KeyPair, makeSelfSigned } from "../../app/self-signed.ts";

/** Browsers refuse certificates of servers that live longer than 825 days. */
const lifeMs = 800 * 86_400_000;
/** Made anew when less than this is left at start. */
const renewMs = 30 * 86_400_000;

/** A new key and a certificate for these names and addresses. */
export const selfSign = (names: readonly string[], nowMs: number): KeyPair =>
  makeSelfSigned({
    commonName: `Islet ${names[0] ?? "controller"}`,
    names,
    fromMs: nowMs - 86_400_000,
    untilMs: nowMs + lifeMs,
  });

/** The kept certificate of this folder, or a new one when there is none, it expires soon, or it lacks a name. */
export function keepSelfSigned(
  folder: string,
  names: readonly string[],
  nowMs: number,
): KeyPair & { readonly made: boolean; readonly fingerprint: string } {
  const keyFile = join(folder, "dashboard-key.pem");
  const certFile = join(folder, "dashboard-cert.pem");
  if (existsSync(keyFile) && existsSync(certFile)) {
    const kept = { key: readFileSync(keyFile, "utf8"), cert: readFileSync(certFile, "utf8") };
    const found = usable(kept, names, nowMs);
    if (found) return { ...kept, made: false, fingerprint: found };
  }
  mkdirSync(folder, { recursive: true });
  const made = selfSign(names, nowMs);
  writeFileSync(keyFile, made.key, { mode: 0o600 });
  chmodSync(keyFile, 0o600);
  writeFileSync(certFile, made.cert);
  return { ...made, made: true, fingerprint: new X509Certificate(made.cert).fingerprint256 };
}

function usable(kept: KeyPair, names: readonly string[], nowMs: number): string | null {
  try {
    const certificate = new X509Certificate(kept.cert);
    const mine = createPublicKey(createPrivateKey(kept.key)).export({ type: "spki", format: "der" });
    const same = certificate.publicKey.export({ type: "spki", format: "der" }).equals(mine);
    const lasts = Date.parse(certificate.validTo) - nowMs > renewMs;
    const named = names.every(
      (name) => (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined,
    );
    return same && lasts && named ? certificate.fingerprint256 : null;
  } catch {
    return null;
  }
}

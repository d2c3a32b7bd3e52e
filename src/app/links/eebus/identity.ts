/** This site as an EEBUS node: its certificate, made once and kept in the state folder, and what its SKI is. */
import { createHash, createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ShipKeys } from "../../../protocols/eebus/ship-node.ts";
import { certificateParts } from "../../../protocols/ocpp/security/asn1.ts";
import { makeSelfSigned } from "../../self-signed.ts";
import { setAside, writeWhole } from "../../store/files.ts";

const fileName = "eebus-identity.pem";
/** Peers trust the key, so the certificate lasts as long as it can be written: made without a look at the clock, which may be wrong. */
const fromMs = Date.UTC(2024, 0, 1);
const untilMs = Date.UTC(2049, 11, 31);

/**
 * The SKI of a certificate: SHA-1 of its public key, 40 hexadecimal digits (RFC 5280, section 4.2.1.2, method 1). Counted from the
 * key, because what a self-signed certificate says of itself proves nothing. Null where it is no elliptic key.
 */
export function skiOf(certificate: X509Certificate): string | null {
  try {
    if (certificate.publicKey.asymmetricKeyType !== "ec") return null;
    return createHash("sha1").update(certificateParts(certificate.raw).publicKey).digest("hex");
  } catch {
    return null;
  }
}

/** The kept identity, or a new one where there is none. One that can't be read is moved aside. */
export function keepIdentity(stateDir: string): ShipKeys {
  const file = join(stateDir, fileName);
  if (existsSync(file)) {
    const kept = readIdentity(readFileSync(file, "utf8"));
    if (kept !== null) return kept;
    setAside(file);
  }
  const { cert, key } = makeSelfSigned({ commonName: "Islet", names: [], fromMs, untilMs });
  writeWhole(file, `${cert}${key}`);
  return { cert, key, ski: skiOf(new X509Certificate(cert)) ?? "" };
}

function readIdentity(text: string): ShipKeys | null {
  try {
    const certificate = new X509Certificate(text);
    const key = createPrivateKey(text);
    const mine = createPublicKey(key).export({ type: "spki", format: "der" });
    const ski = skiOf(certificate);
    if (ski === null || !certificate.publicKey.export({ type: "spki", format: "der" }).equals(mine)) return null;
    return { cert: certificate.toString(), key: key.export({ type: "pkcs8", format: "pem" }).toString(), ski };
  } catch {
    return null;
  }
}

/** L01: whether firmware is signed, and by whom. */
import { type Verify, X509Certificate } from "node:crypto";
import type { OcppLog } from "../ports.ts";

/** Null when the certificate may sign firmware at this moment, or why not. */
export function judgeSigner(pem: string, roots: readonly string[], nowMs: number): string | null {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    return "The signing certificate cannot be read.";
  }
  if (nowMs < certificate.validFromDate.getTime() || nowMs > certificate.validToDate.getTime())
    return "The signing certificate is not valid now.";
  const trusted = roots.some((root) => {
    try {
      const issuer = new X509Certificate(root);
      return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
    } catch {
      return false;
    }
  });
  return trusted ? null : "The signing certificate does not come from a known manufacturer.";
}

/** Whether the signature (base64) over what has been hashed is the certificate's. One that can't be checked is none. */
export function isSigned(hashed: Verify, certificate: string, signature: string, log: OcppLog): boolean {
  try {
    return hashed.verify(new X509Certificate(certificate).publicKey, signature, "base64");
  } catch (error) {
    log("warn", `A firmware signature could not be checked: ${(error as Error).message}`);
    return false;
  }
}

/**
 * Who a device is towards an IEEE 2030.5 server: names made from its certificate, and the number that proves a registration.
 * Source: IEEE 2030.5 as implemented by bsgip/envoy-schema and open-dynamic-export; test values from bsgip/cactus-test-definitions.
 */
import { createHash, X509Certificate } from "node:crypto";

/** Long name: the first 160 bits of SHA-256 over the certificate (DER), 40 hex digits in upper case. `pem`: its first certificate counts. */
export function lfdiOf(pem: string): string {
  return createHash("sha256").update(new X509Certificate(pem).raw).digest("hex").slice(0, 40).toUpperCase();
}

/** Short name: the first 36 bits of the long one as a decimal number, and a digit that makes the sum of all digits a multiple of ten. */
export function sfdiOf(lfdi: string): string {
  return withCheckDigit(String(Number.parseInt(lfdi.slice(0, 9), 16)));
}

/** A number for registration as people get it: six digits, the last one a check of the others. */
export const isPin = (digits: string): boolean =>
  /^\d{1,6}$/.test(digits) && [...digits].reduce((sum, digit) => sum + Number(digit), 0) % 10 === 0;

function withCheckDigit(digits: string): string {
  const sum = [...digits].reduce((total, digit) => total + Number(digit), 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

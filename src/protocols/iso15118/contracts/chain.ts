/**
 * Whether a contract's chain leads to a root that the charger trusts: names, signatures, authorities, path lengths, times.
 * Extended key usages don't count: a root of the field has them, and verification by the usual rule would refuse it
 * (EcoG-io/iso15118 issue 430).
 */
import { X509Certificate } from "node:crypto";
import { secondMs } from "../../../domain/units.ts";
import type { ContractChain, Judgement } from "../sessions/plug-and-charge.ts";
import { pathLengthOf } from "./der.ts";

/** Certificates between contract and root. */
const betweenMax = 4;
/** A contract that ends within this is told so. */
const soonMs = 21 * 86_400 * secondMs;

const notLookedUp =
  "no responder of the certificate's issuer is asked: the backend is, with the contract, and its answer says so";

/** The contract's identifier: the common name, as backends compare it. */
const emaidOf = (text: string): string => text.replaceAll("-", "").toUpperCase();

const commonName = ({ subject }: X509Certificate): string => /^CN=(.*)$/m.exec(subject)?.[1] ?? "";

const refuse = (fault: "expired" | "notYetValid" | "chain" | "unknown", detail: string): Judgement => ({
  ok: false,
  fault,
  detail,
});

/** Name, signature and, where the certificate says it, key identifier. */
const issuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

function parse(der: Uint8Array | string): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

/** `roots` are PEM. The chain may come in any order and may bring its root along. */
export function judgeChain(
  { certificate, between }: ContractChain,
  roots: readonly string[],
  emaid: string | undefined,
  unixS: number,
): Judgement {
  if (between.length > betweenMax) return refuse("chain", `${between.length} certificates between contract and root`);
  const leaf = parse(certificate);
  const others = between.map(parse);
  if (leaf === undefined || others.includes(undefined)) return refuse("chain", "a certificate that can't be read");
  const trusted = roots.map(parse).filter((root) => root !== undefined);
  const path = pathTo(leaf, others as X509Certificate[], trusted);
  if (typeof path === "string") return refuse("chain", path);

  const nowMs = unixS * 1000;
  for (const one of path) {
    if (nowMs > Date.parse(one.validTo)) return refuse("expired", `${commonName(one)} has expired on ${one.validTo}`);
    if (nowMs < Date.parse(one.validFrom))
      return refuse("notYetValid", `${commonName(one)} is valid from ${one.validFrom} on`);
  }
  const own = emaidOf(commonName(leaf));
  if (emaid !== undefined && emaidOf(emaid) !== own)
    return refuse("chain", `the certificate is of ${own}, the vehicle says ${emaidOf(emaid)}`);
  return {
    ok: true,
    contract: {
      emaid: own,
      certificate,
      pem: path.map((one) => one.toString()),
      expiresSoon: Date.parse(leaf.validTo) - nowMs < soonMs,
      revocation: notLookedUp,
    },
  };
}

/** From the contract to a trusted root, or why there is no way. */
function pathTo(
  leaf: X509Certificate,
  others: readonly X509Certificate[],
  roots: readonly X509Certificate[],
): X509Certificate[] | string {
  if (leaf.ca) return "the contract's certificate is an authority's";
  const path = [leaf];
  for (let at = leaf; path.length <= betweenMax + 1; ) {
    const root = roots.find((one) => issuedBy(at, one));
    const next = root ?? others.find((one) => !path.includes(one) && issuedBy(at, one));
    if (next === undefined) return `nobody who is trusted has issued ${commonName(at)}`;
    if (!next.ca) return `${commonName(next)} is no authority`;
    // Below this one stand the authorities that are on the path already.
    if (pathLengthOf(next.raw) < path.length - 1) return `${commonName(next)} allows fewer authorities below it`;
    path.push(next);
    if (root !== undefined) return path;
    at = next;
  }
  return "a chain without an end";
}

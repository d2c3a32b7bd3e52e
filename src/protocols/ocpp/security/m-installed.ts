/** M03–M05: the certificates that are installed: told, deleted, added. */
import { type Context, info } from "../context.ts";
import type { CertificateHashData, RequestOf, ResponseOf } from "../transport/messages.table.ts";
import { type Certificates, hashData, judgeRoot, type OwnUse, sameHash } from "./certificates.ts";

/** Why certificates are not touched over a plain connection. */
export const plainLink = info("UnsecuredLink", "Certificates are managed over an encrypted connection only.");

/** Answers on the certificates that are installed. */
export interface Installed {
  list(request: RequestOf<"GetInstalledCertificateIds">): ResponseOf<"GetInstalledCertificateIds">;
  remove(request: RequestOf<"DeleteCertificate">): ResponseOf<"DeleteCertificate">;
  install(request: RequestOf<"InstallCertificate">): ResponseOf<"InstallCertificate">;
}

/** Answers on `certificates`; `trusted`: whether the connection is good enough to change them. */
export function createInstalled(context: Context, certificates: Certificates, trusted: () => boolean): Installed {
  /** Own certificates by their hash; the issuer is the next of the chain, or an installed root. */
  function ownHashes(use: OwnUse): CertificateHashData[] {
    const own = certificates.own(use);
    if (!own) return [];
    const issuers = [...own.chain.slice(1), ...certificates.allRoots().map((root) => root.pem)];
    return own.chain.map((pem, index) => hashData(pem, issuers[index] ?? pem));
  }

  function list({
    certificateType,
  }: RequestOf<"GetInstalledCertificateIds">): ResponseOf<"GetInstalledCertificateIds"> {
    const wanted = (use: string): boolean => !certificateType || certificateType.some((type) => type === use);
    type Chain = NonNullable<ResponseOf<"GetInstalledCertificateIds">["certificateHashDataChain"]>[number];
    const chains: Chain[] = certificates
      .allRoots()
      .filter((root) => wanted(root.use))
      .map((root) => ({ certificateType: root.use, certificateHashData: hashData(root.pem) }));
    const [leaf, ...children] = wanted("V2GCertificateChain") ? ownHashes("V2GCertificate") : [];
    if (leaf)
      chains.push({
        certificateType: "V2GCertificateChain",
        certificateHashData: leaf,
        ...(children.length > 0 && { childCertificateHashData: children }),
      });
    return chains.length > 0 ? { status: "Accepted", certificateHashDataChain: chains } : { status: "NotFound" };
  }

  function remove({ certificateHashData }: RequestOf<"DeleteCertificate">): ResponseOf<"DeleteCertificate"> {
    if (!trusted()) return { status: "Failed", statusInfo: plainLink };
    const { hashAlgorithm } = certificateHashData;
    const own = certificates.own("ChargingStationCertificate");
    if (own && ownHashes("ChargingStationCertificate").some((data) => sameHash(data, certificateHashData)))
      return { status: "Failed", statusInfo: info("InUse", "The charging station certificate cannot be deleted.") };
    const [v2gLeaf] = ownHashes("V2GCertificate");
    if (v2gLeaf && sameHash(v2gLeaf, certificateHashData)) {
      certificates.removeOwn("V2GCertificate");
      return { status: "Accepted" };
    }
    const gone = certificates.remove((pem) => sameHash(hashData(pem, pem, hashAlgorithm), certificateHashData));
    return { status: gone ? "Accepted" : "NotFound" };
  }

  function install({
    certificateType,
    certificate,
  }: RequestOf<"InstallCertificate">): ResponseOf<"InstallCertificate"> {
    // The backend's own root and our certificate are what the change from a plain connection to TLS needs (use case A05).
    if (certificateType !== "CSMSRootCertificate" && !trusted()) return { status: "Rejected", statusInfo: plainLink };
    const why = judgeRoot(certificate, context.nowMs());
    if (why) return { status: "Rejected", statusInfo: info("InvalidCertificate", why) };
    if (certificates.install(certificateType, certificate) === "full")
      return { status: "Failed", statusInfo: info("TooManyCertificates", "No more certificates can be installed.") };
    context.securityEvent("ReconfigurationOfSecurityParameters", `new ${certificateType}`);
    return { status: "Accepted" };
  }

  return { list, remove, install };
}

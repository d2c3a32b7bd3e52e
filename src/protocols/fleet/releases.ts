/**
 * A release as a site is told of it: which signed version of Islet it may install and from where, or that it goes back to the one
 * before. The version itself is signed by its maker, whose key the site trusts; the fleet says only which, and when.
 */
import { z } from "zod";
import { leaseId } from "./payloads.ts";
import { type DispatcherKey, type DocumentFault, readSigned, signatureSchema, signer } from "./signed.ts";
import { siteIdPattern } from "./subjects.ts";

const releaseFormat = "islet-fleet-release-1";

/** `install` it; `return` to the version before it, where it was installed; `none`: it is withdrawn before it was installed. */
export const releaseActions = ["install", "return", "none"] as const;

/** What is to be installed: exactly this build, wherever it is fetched from. */
export const releaseBuildSchema = z.object({
  /** Of Islet. */
  islet: z.string().regex(/^\d{1,5}\.\d{1,5}\.\d{1,5}$/),
  from: z
    .string()
    .max(1_000)
    .regex(/^https?:\/\/\S+$/),
  /** Of the archive in the signed bundle, as its manifest names it. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ReleaseBuild = z.output<typeof releaseBuildSchema>;

const releaseSchema = z.object({
  site: z.string().regex(siteIdPattern),
  /** Only grows. */
  version: z.int().min(1),
  issuedAtMs: z.int().min(0),
  id: leaseId,
  action: z.enum(releaseActions),
  build: releaseBuildSchema,
  /** For people. */
  cause: z.string().max(200),
  issuedBy: z.string().max(80),
});
export type Release = z.output<typeof releaseSchema>;

/** The document as it is carried. */
export const signedReleaseSchema = z.object({
  format: z.literal(releaseFormat),
  release: releaseSchema,
  signature: signatureSchema,
});

/** Signs documents with the dispatcher's private key (PEM), which is read once for all of them. */
export function releaseSigner(privateKeyPem: string): (release: Release) => z.output<typeof signedReleaseSchema> {
  const sign = signer(releaseFormat, privateKeyPem);
  return (release) => ({ format: releaseFormat, release, signature: sign(release) });
}

/** Reads a document and judges it: size, form, signature, site. */
export const readRelease = (bytes: Uint8Array, site: string, keys: readonly DispatcherKey[]): Release | DocumentFault =>
  readSigned<"release", Release>(
    { format: releaseFormat, member: "release", schema: signedReleaseSchema },
    bytes,
    site,
    keys,
  );

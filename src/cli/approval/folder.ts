/** The folder of a package: what lies in it, its manifest, and whether it is as it was signed. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { type DocumentSignature, isSigned, keyFingerprint } from "../../app/commissioning/station-key.ts";
import { AskedWrongly } from "../asked.ts";
import { sha256 } from "./gather.ts";

export const manifestName = "manifest.json";
/** Most files of a package, and the largest manifest, bytes. */
const filesMax = 1_000;
const manifestBytesMax = 1_000_000;

export interface ManifestFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What is signed: every file of the package. */
export interface Manifest {
  readonly kind: "islet approval files";
  readonly version: string;
  readonly madeAt: string;
  readonly site: string;
  readonly files: readonly ManifestFile[];
}

export interface SignedManifest {
  readonly manifest: Manifest;
  readonly signature: DocumentSignature;
}

export const manifestFile = (folder: string, name: string): ManifestFile => {
  const content = readFileSync(join(folder, name));
  return { name, bytes: content.length, sha256: sha256(content) };
};

/** The manifest of a folder; null where it has none that can be read. */
export function readManifest(folder: string): SignedManifest | null {
  const file = join(folder, manifestName);
  try {
    if (statSync(file).size > manifestBytesMax) return null;
    const { manifest, signature } = JSON.parse(readFileSync(file, "utf8")) as Partial<SignedManifest>;
    const isWhole =
      manifest?.kind === "islet approval files" && Array.isArray(manifest.files) && manifest.files.length <= filesMax;
    const areNames =
      isWhole && manifest.files.every((one) => typeof one?.name === "string" && basename(one.name) === one.name);
    return areNames && typeof signature?.publicKeyPem === "string" ? { manifest, signature } : null;
  } catch {
    return null;
  }
}

/** Makes room for a package: an earlier one is taken away, anything else is left alone and refused. */
export function clearFolder(folder: string): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) throw new AskedWrongly(`${folder} is a file: name another folder with --out`);
  const there = readdirSync(folder);
  if (there.length === 0) return;
  const before = readManifest(folder);
  const foreign =
    before === null
      ? there
      : there.filter((name) => name !== manifestName && !before.manifest.files.some((one) => one.name === name));
  if (foreign.length > 0)
    throw new AskedWrongly(`${folder} holds something else (${foreign[0]}): name another folder with --out`);
  for (const name of there) rmSync(join(folder, name), { force: true });
}

/** Why a package may not be believed; empty where nothing was changed, added or taken away. */
export function packageFault(folder: string, wantedPem?: string): string {
  const signed = readManifest(folder);
  if (signed === null) return "it is no package of `islet approval`: there is no manifest.json that can be read";
  const { manifest, signature } = signed;
  try {
    if (!isSigned(JSON.stringify(manifest), signature)) return "manifest.json was edited after it was signed";
    const key = keyFingerprint(signature.publicKeyPem);
    if (wantedPem !== undefined && keyFingerprint(wantedPem) !== key) return `it was signed with another key, ${key}`;
  } catch {
    return "its signature or the key can't be read";
  }
  for (const { name, sha256: hash } of manifest.files) {
    if (!existsSync(join(folder, name))) return `${name} is missing`;
    if (sha256(readFileSync(join(folder, name))) !== hash) return `${name} was edited after it was signed`;
  }
  const names = new Set([manifestName, ...manifest.files.map(({ name }) => name)]);
  const added = readdirSync(folder).find((name) => !names.has(name));
  return added === undefined ? "" : `${added} is not part of the package`;
}

/**
 * What a package is made of, for whoever has to know whether a weakness concerns it: CycloneDX 1.6, made from the lockfile and
 * from the Node.js that `packaging/runtime.json` names. Twice from the same commit gives the same bytes.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A package of the lockfile that production installs. */
export interface LockedPackage {
  /** Where it is installed; one name may be there in several versions. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** SPDX, as the lockfile has it; "" where it names none. */
  readonly licence: string;
  /** `sha512-` and base64. */
  readonly integrity: string;
  readonly resolved: string;
  readonly dependencies: readonly string[];
  readonly runsScripts: boolean;
}

interface LockEntry {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly hasInstallScript?: boolean;
}

const modules = "node_modules/";

/** Of the lockfile's text, sorted by path. */
export function productionPackages(lockfile: string): LockedPackage[] {
  const { packages } = JSON.parse(lockfile) as { packages: Readonly<Record<string, LockEntry>> };
  return Object.entries(packages)
    .filter(([path, { dev }]) => path !== "" && dev !== true)
    .map(([path, entry]) => ({
      path,
      name: path.slice(path.lastIndexOf(modules) + modules.length),
      version: entry.version ?? "",
      licence: entry.license ?? "",
      integrity: entry.integrity ?? "",
      resolved: entry.resolved ?? "",
      dependencies: Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }).sort(),
      runsScripts: entry.hasInstallScript ?? false,
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Licences that the lockfile does not name and the package's own text does. */
const licencesByText: Readonly<Record<string, string>> = { precond: "MIT" };
export const licenceOf = ({ name, licence }: LockedPackage): string => licence || (licencesByText[name] ?? "");

/** A package's address in the words of the package-url specification. */
export const purlOf = ({ name, version }: Pick<LockedPackage, "name" | "version">): string =>
  `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;

/** Which installed package a name means, seen from another one: the nearest folder of modules has it. */
function resolveFrom(path: string, name: string, paths: ReadonlySet<string>): string | null {
  for (let from = path; ; from = from.slice(0, Math.max(0, from.lastIndexOf(`/${modules}`)))) {
    const candidate = from === "" ? `${modules}${name}` : `${from}/${modules}${name}`;
    if (paths.has(candidate)) return candidate;
    if (from === "") return null;
    if (!from.includes(`/${modules}`)) from = "";
  }
}

export interface Runtime {
  readonly version: string;
  readonly packages: Readonly<Record<string, { readonly name: string; readonly integrity: string }>>;
}

/** Names of what Node.js brings that a list of weaknesses knows by another name; what is in `process.versions` beyond it is no library. */
const embedded: Readonly<Record<string, string>> = {
  acorn: "acorn",
  ada: "ada-url",
  amaro: "amaro",
  ares: "c-ares",
  brotli: "brotli",
  icu: "icu",
  libffi: "libffi",
  lief: "lief",
  llhttp: "llhttp",
  nghttp2: "nghttp2",
  nghttp3: "nghttp3",
  ngtcp2: "ngtcp2",
  openssl: "openssl",
  simdjson: "simdjson",
  simdutf: "simdutf",
  sqlite: "sqlite",
  undici: "undici",
  uv: "libuv",
  uvwasi: "uvwasi",
  v8: "v8",
  zlib: "zlib",
  zstd: "zstd",
};

/** What the runtime itself is made of. `versions`: of a Node.js of that very version (`process.versions`). */
function embeddedIn(versions: Readonly<Record<string, string | undefined>>): { name: string; version: string }[] {
  return Object.entries(embedded)
    .map(([key, name]) => ({ name, version: versions[key] ?? "" }))
    .filter(({ version }) => version !== "");
}

export interface SbomOrder {
  readonly root: string;
  readonly arch: string;
  readonly timeS: number;
  /** `process.versions` of the Node.js that is packed. Throws where they are of another one. */
  readonly versions: Readonly<Record<string, string | undefined>>;
}

/** The whole bill of materials as CycloneDX JSON. */
export function sbomOf({ root, arch, timeS, versions }: SbomOrder): string {
  const read = (name: string): string => readFileSync(join(root, name), "utf8");
  const { version } = JSON.parse(read("package.json")) as { version: string };
  const runtime = JSON.parse(read("packaging/runtime.json")) as Runtime;
  if (versions["node"] !== runtime.version)
    throw new Error(
      `The parts of Node.js ${runtime.version} are told by that version only; this is ${versions["node"]}. Start it as: npm run package`,
    );
  const packages = productionPackages(read("package-lock.json"));
  const paths = new Set(packages.map(({ path }) => path));
  const direct = Object.keys((JSON.parse(read("package.json")) as { dependencies: object }).dependencies);
  const islet = `pkg:generic/islet@${version}?arch=${arch}`;
  const node = `pkg:generic/nodejs@${runtime.version}?arch=${arch}`;
  const refOf = (path: string): string => {
    const found = packages.find((other) => other.path === path)!;
    return `${purlOf(found)}#${path}`;
  };
  const parts = embeddedIn(versions).map(({ name, version: part }) => ({
    name,
    version: part,
    ref: `${node}#${name}`,
  }));
  const body = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: new Date(timeS * 1_000).toISOString(),
      component: {
        type: "application",
        "bom-ref": islet,
        name: "islet",
        version,
        purl: islet,
        licenses: [{ license: { id: "Apache-2.0" } }],
      },
    },
    components: [
      {
        type: "platform",
        "bom-ref": node,
        name: "nodejs",
        version: runtime.version,
        purl: node,
        cpe: `cpe:2.3:a:nodejs:node.js:${runtime.version}:*:*:*:*:*:*:*`,
        licenses: [{ license: { id: "MIT" } }],
        hashes: [{ alg: "SHA-512", content: hexOf(runtime.packages[arch]?.integrity ?? "") }],
      },
      ...parts.map(({ name, version: part, ref }) => ({
        type: "library",
        "bom-ref": ref,
        name,
        version: part,
        purl: `pkg:generic/${name}@${part}`,
      })),
      ...packages.map((found) => ({
        type: "library",
        "bom-ref": refOf(found.path),
        name: found.name,
        version: found.version,
        purl: purlOf(found),
        licenses: [{ license: { id: licenceOf(found) } }],
        hashes: [{ alg: "SHA-512", content: hexOf(found.integrity) }],
      })),
    ],
    dependencies: [
      { ref: islet, dependsOn: [node, ...direct.map((name) => refOf(`${modules}${name}`))] },
      { ref: node, dependsOn: parts.map(({ ref }) => ref) },
      ...packages.map((found) => ({
        ref: refOf(found.path),
        dependsOn: found.dependencies
          .map((name) => resolveFrom(found.path, name, paths))
          .filter((path) => path !== null)
          .map(refOf),
      })),
    ],
  };
  return `${JSON.stringify({ ...body, serialNumber: serialOf(JSON.stringify(body)) }, null, 1)}\n`;
}

/** `sha512-BASE64` of the lockfile as the hexadecimal digits that CycloneDX wants. */
const hexOf = (integrity: string): string => Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex");

/** A UUID that only depends on the content (version 8: made of what the maker likes). */
function serialOf(content: string): string {
  const hex = createHash("sha256").update(content).digest("hex");
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/**
 * `npm run package`: what a gateway installs. For each processor a Debian package and a tar archive with a locked Node.js
 * inside, and a container file that is made of the same tree. Twice from the same commit gives the same bytes.
 */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundleHeader } from "../src/app/update/bundle.ts";
import { makeArchive, makeDebianPackage } from "./package/archives.ts";
import { type Architecture, architectures, fetchRuntime } from "./package/runtime.ts";
import { capture } from "./package/shell.ts";
import { layOut, layOutSystem, productionModules } from "./package/tree.ts";

const root = join(import.meta.dirname, "..");
const usage = `Use: npm run package -- [--arch amd64|arm64|all] [--out FOLDER] [--sign KEY.pem]

Makes in FOLDER (dist): islet_VERSION_ARCH.deb, islet-VERSION-linux-ARCH.tar.gz, Containerfile, SHA256SUMS; with an Ed25519
private key also islet-VERSION-linux-ARCH.update, the archive signed for islet update.
Needs npm, tar, gzip and dpkg-deb. The time in the archives is that of the commit, or SOURCE_DATE_EPOCH.`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      arch: { type: "string", default: process.arch === "arm64" ? "arm64" : "amd64" },
      out: { type: "string", default: join(root, "dist") },
      sign: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  const wanted = architectures.filter((arch) => values.arch === "all" || values.arch === arch);
  if (wanted.length === 0)
    throw new Error(`There is no package for ${values.arch}: ${architectures.join(", ")} or all.`);
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const timeS = Number(process.env["SOURCE_DATE_EPOCH"] ?? capture("git", ["log", "-1", "--format=%ct"], root));
  if (!(timeS > 0)) throw new Error("No time for the archives: set SOURCE_DATE_EPOCH, or build from a git checkout.");

  mkdirSync(values.out, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), "islet-package-"));
  try {
    const modules = productionModules(root, join(work, "modules"));
    const made: string[] = [];
    for (const arch of wanted)
      made.push(...(await makeFor(arch, { version, timeS, modules, work, out: values.out, sign: values.sign })));
    writeFileSync(join(values.out, "Containerfile"), readFileSync(join(root, "packaging/Containerfile")));
    const sums = made.map((file) => `${sha256(join(values.out, file))}  ${file}`);
    writeFileSync(join(values.out, "SHA256SUMS"), `${sums.join("\n")}\n`);
    process.stdout.write(`${sums.join("\n")}\n`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

interface Build {
  readonly version: string;
  readonly timeS: number;
  /** Installed production modules. */
  readonly modules: string;
  readonly work: string;
  readonly out: string;
  /** File of a private key. */
  readonly sign: string | undefined;
}

/** Names of the files made. */
async function makeFor(arch: Architecture, { version, timeS, modules, work, out, sign }: Build): Promise<string[]> {
  process.stderr.write(`islet ${version} for ${arch} …\n`);
  const runtime = fetchRuntime(arch, join(work, `runtime-${arch}`));
  const plain = join(work, `islet-${version}`);
  await layOut(root, { modules, runtime, arch, timeS }, plain);
  const archive = `islet-${version}-linux-${arch}.tar.gz`;
  makeArchive(plain, join(out, archive), timeS);
  const system = join(work, `system-${arch}`);
  layOutSystem(root, plain, system, { arch, version });
  const debian = `islet_${version}_${arch}.deb`;
  makeDebianPackage(system, join(out, debian), timeS);
  for (const folder of [plain, system]) rmSync(folder, { recursive: true, force: true });
  if (sign === undefined) return [debian, archive];
  const bytes = readFileSync(join(out, archive));
  const manifest = { version, arch, bytes: bytes.length, sha256: sha256(join(out, archive)) };
  const update = archive.replace(/\.tar\.gz$/, ".update");
  writeFileSync(join(out, update), Buffer.concat([bundleHeader(manifest, readFileSync(sign, "utf8")), bytes]));
  return [debian, archive, update];
}

const sha256 = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");

await main();

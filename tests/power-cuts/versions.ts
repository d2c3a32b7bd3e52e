/** Small versions of Islet that say who they are only while every file of them is there as it was packed. */
import { spawnSync } from "node:child_process";
import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleHeader } from "../../src/app/update/bundle.ts";

const project = join(import.meta.dirname, "../..");
const ballast = 60;
const ballastBytes = 8_192;

export interface SmallVersions {
  /** The maker's public key, PEM. */
  readonly anchor: string;
  readonly former: string;
  readonly newer: string;
  /** Newer, and ends with an error as soon as it runs. */
  readonly bad: string;
  /** Newer, and signed by somebody else. */
  readonly foreign: string;
}

export function makeVersions(folder: string): SmallVersions {
  const maker = generateKeyPairSync("ed25519");
  const stranger = generateKeyPairSync("ed25519");
  return {
    anchor: maker.publicKey.export({ type: "spki", format: "pem" }).toString(),
    former: makeVersion(folder, "1.0.0", "exit 0", maker.privateKey),
    newer: makeVersion(folder, "1.1.0", "exit 0", maker.privateKey),
    bad: makeVersion(folder, "1.2.0", "exit 7", maker.privateKey),
    foreign: makeVersion(folder, "6.6.6", "exit 0", stranger.privateKey),
  };
}

/** The bundle's path. */
function makeVersion(folder: string, version: string, onRun: string, key: KeyObject): string {
  const tree = join(folder, `islet-${version}`);
  mkdirSync(join(tree, "ballast"), { recursive: true });
  const sums: string[] = [];
  for (let n = 0; n < ballast; n++) {
    const bytes = Buffer.alloc(ballastBytes, createHash("sha256").update(`${version} ${n}`).digest());
    writeFileSync(join(tree, "ballast", `${n}`), bytes);
    sums.push(`${createHash("sha256").update(bytes).digest("hex")}  ballast/${n}`);
  }
  writeFileSync(join(tree, "sums"), `${sums.join("\n")}\n`);
  const whole = `cd "$(dirname "$(readlink -f "$0")")" && sha256sum --quiet -c sums >/dev/null 2>&1 || exit 9`;
  writeFileSync(
    join(tree, "islet"),
    `#!/bin/sh\n${whole}\ncase "$1" in --version) echo ${version} ;; run) ${onRun} ;; esac\n`,
  );
  copyFileSync(join(project, "packaging/versions.sh"), join(tree, "versions.sh"));
  for (const name of ["islet", "versions.sh"]) chmodSync(join(tree, name), 0o755);
  const packed = join(folder, `${version}.tar.gz`);
  spawnSync("tar", ["-czf", packed, "-C", folder, `islet-${version}`]);
  const archive = readFileSync(packed);
  const manifest = {
    version,
    arch: process.arch === "arm64" ? "arm64" : "amd64",
    bytes: archive.length,
    sha256: createHash("sha256").update(archive).digest("hex"),
  } as const;
  const bundle = join(folder, `${version}.update`);
  const pem = key.export({ type: "pkcs8", format: "pem" }).toString();
  writeFileSync(bundle, Buffer.concat([bundleHeader(manifest, pem), archive]));
  return bundle;
}

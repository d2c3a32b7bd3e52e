/** What lies where: the folder that runs, and around it what a Debian system wants. */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { vexOf } from "../security/dependencies.ts";
import { licencesOf } from "../security/licences.ts";
import { sbomOf } from "../security/sbom.ts";
import { bashCompletion, manualPage } from "./help-pages.ts";
import { buildProgram } from "./program.ts";
import type { Architecture } from "./runtime.ts";
import { run } from "./shell.ts";

/** What runs; the simulator too, so that a site can be rehearsed where it is installed. */
const programFolders = ["bin", "config", "scripts/setup.mjs"] as const;
/** What it is made of, what is known of its weaknesses, and the licences of others. */
const sbomFile = "islet.cdx.json";
const vexFile = "islet.vex.cdx.json";
const licencesFile = "THIRD-PARTY-LICENCES";
const programFiles = ["package.json", "package-lock.json", "LICENSE"] as const;

/** `bin/islet.mjs` and all that it reads, at `into`; modules and Node.js come from elsewhere. */
export async function layOutProgram(root: string, into: string): Promise<void> {
  for (const name of [...programFolders, ...programFiles])
    cpSync(join(root, name), join(into, name), { recursive: true });
  await buildProgram(root, into);
}

/** Installs what production needs, as the lockfile names it, without running anybody's scripts; returns the modules' folder. */
export function productionModules(root: string, folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const name of ["package.json", "package-lock.json"]) copyFileSync(join(root, name), join(folder, name));
  run("npm", ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], folder);
  return join(folder, "node_modules");
}

/** The folder that runs by itself: `runtime/node bin/islet.mjs`. */
export async function layOut(
  root: string,
  { modules, runtime, arch, timeS }: { modules: string; runtime: string; arch: Architecture; timeS: number },
  into: string,
): Promise<void> {
  mkdirSync(join(into, "runtime"), { recursive: true });
  await layOutProgram(root, into);
  cpSync(modules, join(into, "node_modules"), { recursive: true, verbatimSymlinks: true });
  copyFileSync(runtime, join(into, "runtime/node"));
  copyFileSync(join(dirname(runtime), "../LICENSE"), join(into, "runtime/LICENSE"));
  copyFileSync(join(root, "packaging/launcher.sh"), join(into, "islet"));
  // What starts the current one of several versions: copied to their root once.
  copyFileSync(join(root, "packaging/versions.sh"), join(into, "versions.sh"));
  writeFileSync(join(into, sbomFile), sbomOf({ root, arch, timeS, versions: process.versions }));
  writeFileSync(join(into, vexFile), vexOf(root, timeS));
  const nodeLicence = readFileSync(join(into, "runtime/LICENSE"), "utf8");
  writeFileSync(join(into, licencesFile), licencesOf(root, modules, nodeLicence));
  evenModes(into);
  for (const name of ["islet", "versions.sh", "runtime/node"]) chmodSync(join(into, name), 0o755);
}

/** The same folder at its place in a Debian system, with unit, user, completion, manual page and maintainer's scripts. */
export function layOutSystem(
  root: string,
  plain: string,
  into: string,
  { arch, version }: { readonly arch: Architecture; readonly version: string },
): void {
  const packaging = join(root, "packaging");
  const put = (path: string, content: string | Buffer): void => {
    mkdirSync(dirname(join(into, path)), { recursive: true });
    writeFileSync(join(into, path), content);
  };
  cpSync(plain, join(into, "usr/lib/islet"), { recursive: true, verbatimSymlinks: true });
  put("usr/bin/islet", readFileSync(join(packaging, "islet.sh")));
  put("lib/systemd/system/islet.service", readFileSync(join(packaging, "islet.service")));
  put("usr/lib/sysusers.d/islet.conf", readFileSync(join(packaging, "islet.sysusers")));
  put("usr/share/bash-completion/completions/islet", bashCompletion());
  put("usr/share/man/man1/islet.1.gz", gzipSync(manualPage(version), { level: 9 }));
  for (const name of readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md")))
    put(`usr/share/doc/islet/${name}`, readFileSync(join(root, "docs", name)));
  cpSync(join(root, "config"), join(into, "usr/share/doc/islet/config"), { recursive: true });
  put("usr/share/doc/islet/SECURITY.md", readFileSync(join(root, "SECURITY.md")));
  put(
    "usr/share/doc/islet/copyright",
    `Islet ${version}, Apache-2.0:\n\n${readFileSync(join(root, "LICENSE"), "utf8")}\n\n${readFileSync(join(plain, licencesFile), "utf8")}`,
  );
  for (const name of [sbomFile, vexFile])
    renameSync(join(into, "usr/lib/islet", name), join(into, "usr/share/doc/islet", name));
  rmSync(join(into, "usr/lib/islet", licencesFile));
  mkdirSync(join(into, "etc/islet"), { recursive: true });
  const sizeKiB = Math.ceil(sizeOf(into) / 1_024);
  put("DEBIAN/control", controlFile(arch, version, sizeKiB));
  for (const name of ["postinst", "prerm", "postrm"])
    put(`DEBIAN/${name}`, readFileSync(join(packaging, "debian", name)));
  evenModes(into);
  for (const name of ["usr/bin/islet", "usr/lib/islet/islet", "usr/lib/islet/runtime/node"])
    chmodSync(join(into, name), 0o755);
  for (const name of ["postinst", "prerm", "postrm"]) chmodSync(join(into, "DEBIAN", name), 0o755);
}

const controlFile = (arch: Architecture, version: string, sizeKiB: number): string => `Package: islet
Version: ${version}
Architecture: ${arch}
Maintainer: Islet maintainers <maintainers@islet.example>
Installed-Size: ${sizeKiB}
Depends: libc6 (>= 2.28), libstdc++6, libgcc-s1, libatomic1, util-linux
Recommends: systemd, ca-certificates, tzdata
Section: net
Priority: optional
Description: controller of sites with bidirectional EV chargers
 Enforces how a site may run (as a load, in parallel with the grid, or as an
 island that is proven to be cut off), and speaks OCPP, ISO 15118 and Modbus.
 Comes with its own Node.js and with a simulator of all the hardware.
`;

/** The same modes whoever builds: files 0644, folders 0755. */
function evenModes(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) evenModes(path);
    else if (entry.isSymbolicLink()) continue;
    else chmodSync(path, 0o644);
  }
}

function sizeOf(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}

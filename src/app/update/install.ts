/**
 * Puts a signed version beside the running one and lets it be started next. Refused, with nothing changed, unless its signature
 * holds, it is for this machine, it is newer, and it takes the site's configuration.
 */
import { execFile, spawn } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  createReadStream,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
} from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { err, ok, type Result } from "../../domain/result.ts";
import { updateAnchors, verifyBundle } from "./bundle.ts";
import { openVersions } from "./versions.ts";

/** Unpacking and the new version's own checks take at most this long each, ms. */
const stepMaxMs = 5 * 60_000;

export interface InstallOrder {
  readonly bundle: string;
  readonly root: string;
  /** The site's configuration, which the new version must take; null where there is none yet. */
  readonly siteFile: string | null;
  /** An older version, or the same again, is meant. */
  readonly olderToo: boolean;
  /** Devices that are not well before it; null where nobody knows. */
  readonly unwell: readonly string[] | null;
  readonly nowMs: number;
  /** Exactly this one, whatever the bundle is called; null: what its signature stands for. */
  readonly expects?: { readonly islet: string; readonly sha256: string } | null;
  /** Asked once more before the switch, for what began meanwhile: why not now; "" when it may. */
  readonly refusal?: () => string;
}

export interface InstalledVersion {
  readonly name: string;
  readonly version: string;
  readonly signedBy: string;
  readonly former: string | null;
}

export async function installVersion(order: InstallOrder): Promise<Result<InstalledVersion, string>> {
  const { bundle, root, siteFile, olderToo, unwell, nowMs } = order;
  const versions = openVersions(root);
  const verified = await verifyBundle(bundle, updateAnchors(join(root, "anchors")));
  if (!verified.ok) return verified;
  const { manifest, signedBy, from } = verified.value;
  const { version, arch, sha256 } = manifest;
  if (arch !== ourArch()) return err(`The version is for ${arch}; this machine is ${ourArch()}.`);
  const { expects = null } = order;
  if (expects !== null && (version !== expects.islet || sha256 !== expects.sha256))
    return err(`The bundle holds another build (${version}) than the one that was released (${expects.islet}).`);
  const current = versions.current();
  const running = current?.split("-")[0];
  if (!olderToo && running !== undefined && compare(version, running) <= 0)
    return err(
      `Islet ${version} is not newer than ${running}, which is installed. With --older it is taken all the same.`,
    );
  const folder = versions.incoming();
  await unpack(bundle, from, folder);
  const broken = await tryOut(folder, version, siteFile);
  if (broken !== "") return err(broken);
  await promisify(execFile)("sync", ["--file-system", folder], { timeout: stepMaxMs });
  const name = `${version}-${sha256.slice(0, 8)}`;
  if (name === current) return err(`This very version is the one that is installed (${name}).`);
  const why = order.refusal?.() ?? "";
  if (why !== "") return err(why);
  versions.add(folder, name);
  // Before the switch: a version that is installed is refused the next time, and would never bring its starter.
  placeStarter(join(root, "versions", name, "versions.sh"), join(root, "islet"));
  versions.switchTo(
    name,
    current === null ? null : { name, former: current, sinceMs: nowMs, unwell: unwell === null ? null : [...unwell] },
  );
  return ok({ name, version, signedBy, former: current });
}

/** The first version's starter stays: it is what finds the way back from a later one. Whole or not at all. */
function placeStarter(from: string, starter: string): void {
  if (existsSync(starter)) return;
  const fresh = `${starter}.new`;
  copyFileSync(from, fresh);
  const handle = openSync(fresh, "r");
  fsyncSync(handle);
  closeSync(handle);
  renameSync(fresh, starter);
}

const ourArch = (): string => (process.arch === "arm64" ? "arm64" : "amd64");

/** The archive's only folder becomes `folder`. */
async function unpack(bundle: string, from: number, folder: string): Promise<void> {
  const tar = spawn("tar", ["-xzf", "-", "--strip-components=1", "--no-same-owner", "-C", folder], {
    stdio: ["pipe", "ignore", "pipe"],
    timeout: stepMaxMs,
  });
  let said = "";
  tar.stderr.on("data", (chunk: Buffer) => {
    if (said.length < 1_000) said += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    tar.once("error", reject);
    tar.once("close", resolve);
  });
  await pipeline(createReadStream(bundle, { start: from }), tar.stdin).catch(() => undefined);
  if ((await ended) !== 0) throw new Error(`The version can't be unpacked: ${said.split("\n")[0] ?? ""}`);
  if (readdirSync(folder).length === 0) throw new Error("The version's archive is empty.");
}

/** What is wrong with an unpacked version, as a sentence; empty where it runs and takes the site. */
async function tryOut(folder: string, version: string, siteFile: string | null): Promise<string> {
  const islet = async (...args: string[]): Promise<{ code: number; text: string }> =>
    new Promise((resolve) =>
      execFile(join(folder, "islet"), args, { timeout: stepMaxMs, encoding: "utf8" }, (failure, stdout, stderr) =>
        resolve({ code: failure === null ? 0 : 1, text: `${stdout}${stderr}`.trim() }),
      ),
    );
  const { text } = await islet("--version");
  if (text !== version)
    return `The version does not run here: asked who it is, it says ${JSON.stringify(text.slice(0, 200))}.`;
  if (siteFile === null) return "";
  const checked = await islet("check-config", siteFile);
  return checked.code === 0 ? "" : `The new version refuses the site's configuration:\n${checked.text.slice(0, 2_000)}`;
}

/** Below, at or above zero as version a is older than, the same as or newer than b. */
function compare(a: string, b: string): number {
  const [x, y] = [a, b].map((version) => version.split(".").map(Number));
  for (let i = 0; i < 3; i++) if ((x![i] ?? 0) !== (y![i] ?? 0)) return (x![i] ?? 0) - (y![i] ?? 0);
  return 0;
}

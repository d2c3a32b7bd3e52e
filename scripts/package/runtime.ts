/** The Node.js that goes into a package: the version and the bytes that `packaging/runtime.json` names, or none. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { capture, run } from "./shell.ts";

/** Processors that there are packages for, in Debian's names. */
export const architectures = ["amd64", "arm64"] as const;
export type Architecture = (typeof architectures)[number];

interface Runtime {
  readonly version: string;
  readonly packages: Readonly<Record<Architecture, { readonly name: string; readonly integrity: string }>>;
}

const locked = JSON.parse(readFileSync(join(import.meta.dirname, "../../packaging/runtime.json"), "utf8")) as Runtime;

/** Fetches the runtime for a processor into a new folder; returns the path of its binary. Throws when its bytes are others. */
export function fetchRuntime(arch: Architecture, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const { name, integrity } = locked.packages[arch];
  const printed = capture("npm", ["pack", `${name}@${locked.version}`, "--json", "--loglevel=error"], folder);
  const [packed] = JSON.parse(printed) as { filename: string }[];
  const file = join(folder, packed!.filename);
  const found = `sha512-${createHash("sha512").update(readFileSync(file)).digest("base64")}`;
  if (found !== integrity)
    throw new Error(
      `${name}@${locked.version} is not what packaging/runtime.json names: ${found} instead of ${integrity}. Nothing was made.`,
    );
  run("tar", ["-xzf", file, "package/bin/node", "package/LICENSE"], folder);
  return join(folder, "package/bin/node");
}

/** A copy of the project in a folder of its own, for what plants faults: the tree that people work in stays as it is. */
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const copied = [
  ...["bench", "bin", "config", "docs", "firmware-bridge", "fleet", "scripts", "sim", "src", "tests"],
  ...["README.md", "package.json", "tsconfig.json", "vitest.config.ts"],
];

/** The copy's folder; whoever asks for it removes it. It shares the installed packages. */
export function copyProject(purpose: string): string {
  const copy = join(tmpdir(), `islet-${purpose}-${process.pid}`);
  mkdirSync(copy, { recursive: true });
  for (const name of copied) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}

#!/usr/bin/env node
// The `islet` command. Plain JavaScript: it may be started by an older Node.js and then hands over to the project's own.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const runtime = join(root, "node_modules", "node", "bin", "node");
const major = Number(process.versions.node.split(".")[0]);

if (!existsSync(join(root, "node_modules", ".package-lock.json"))) await import("../scripts/setup.mjs");

if (major >= 24) {
  // Stripped and compiled modules are kept, so that the next start is quick. Beside the modules and not in a temporary
  // directory, where others could put theirs. Where nothing can be written it does nothing.
  const { enableCompileCache } = await import("node:module");
  // By the variable its threads do so as well.
  process.env["NODE_COMPILE_CACHE"] ??= join(root, "node_modules", ".cache", "islet");
  enableCompileCache(process.env["NODE_COMPILE_CACHE"]);
  // A package brings the program without types and in few files.
  const packaged = join(root, "program", "main.js");
  const { main } = await import(existsSync(packaged) ? pathToFileURL(packaged).href : "../src/cli/main.ts");
  process.exitCode = await main(process.argv.slice(2));
} else if (existsSync(runtime)) {
  const child = spawn(runtime, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === "SIGINT" ? 130 : 1);
  });
} else {
  process.stderr.write(
    `islet: needs Node.js 24 or newer (this is ${process.version}). Run \`npm ci\` in ${root} to install it beside Islet.\n`,
  );
  process.exitCode = 1;
}

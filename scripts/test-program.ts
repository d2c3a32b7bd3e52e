/**
 * The program as a package brings it, for the tests that start `islet` as a process: it starts with half of the processor time
 * of the sources, and is what a gateway runs. `npm test` makes it anew each time; a test that is run by itself takes the sources.
 * Prints the file that starts it.
 */
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { layOutProgram } from "./package/tree.ts";

const root = join(import.meta.dirname, "..");
const modules = join(root, "node_modules");
const folder = join(modules, ".cache/islet-program");

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
await layOutProgram(root, folder);
symlinkSync(modules, join(folder, "node_modules"));
process.stdout.write(`${join(folder, "bin/islet.mjs")}\n`);

/** The version of Islet, as `package.json` has it: the one place that a release changes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** For example `0.2.0`. */
export const isletVersion = (): string =>
  (JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as { version: string }).version;

/** What starts `islet` as a process: the program that `npm test` has made as a package brings it, or else this tree's sources. */
import { join } from "node:path";

export const isletFile: string = process.env["ISLET_PROGRAM"] ?? join(import.meta.dirname, "../../bin/islet.mjs");

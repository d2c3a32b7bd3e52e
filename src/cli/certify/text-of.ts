/** A file that a person named, or a sentence that says why it can't be read. */
import { readFileSync } from "node:fs";

export function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (failure) {
    throw new Error(`${file} can't be read (${(failure as NodeJS.ErrnoException).code})`);
  }
}

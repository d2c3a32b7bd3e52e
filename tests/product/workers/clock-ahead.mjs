/** The machine's clock is ahead by what a file says, ms, and is set anew when the file changes: imported before the program by tests. */
import { readFileSync } from "node:fs";

const file = new URL(import.meta.url).searchParams.get("file");
const lookEveryMs = 50;
const now = Date.now;
let aheadMs = 0;
let lookedMs = Number.NEGATIVE_INFINITY;
Date.now = () => {
  const trueMs = now();
  if (trueMs - lookedMs >= lookEveryMs) {
    lookedMs = trueMs;
    aheadMs = Number(readFileSync(file, "utf8")) || aheadMs;
  }
  return trueMs + aheadMs;
};

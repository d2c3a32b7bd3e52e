/**
 * The station's serial number towards the backend and its certificate authority: two stations never share one. As
 * configured, else as found at the first start and kept: the board's own where it has one, else made by chance.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Documents } from "../store/store.ts";

/** Where Linux shows the serial number of a board. */
const boardFile = "/proc/device-tree/serial-number";
/** Longest serial number of a boot notification. */
const lengthMax = 25;
const collection = "identity";
const key = "serialNumber";

export function serialNumberOf(configured: string | undefined, documents: Documents, file = boardFile): string {
  if (configured !== undefined) return configured;
  const kept = documents.get(collection, key);
  if (kept !== undefined) return kept;
  const found = ofBoard(file) ?? randomBytes(8).toString("hex").toUpperCase();
  documents.put(collection, key, found);
  return found;
}

/** Null without a board's number, or with one that says nothing (`0000…`). */
function ofBoard(file: string): string | null {
  let text: string;
  try {
    text = readFileSync(file, "latin1");
  } catch {
    return null;
  }
  const number = text.replace(/[^A-Za-z0-9_.:-]/g, "").slice(-lengthMax);
  return /[^0.:_-]/.test(number) ? number : null;
}

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { serialNumberOf } from "../../src/app/backend/serial-number.ts";
import { openStore } from "../../src/app/store/store.ts";

const folder = mkdtempSync(join(tmpdir(), "islet-serial-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const board = (text: string): string => {
  const file = join(folder, `serial-number-${text.slice(0, 4)}`);
  writeFileSync(file, text);
  return file;
};
const store = () => openStore({ path: ":memory:" });

test("a configured number is used as it is", () => {
  expect(serialNumberOf("DEPOT-0001", store(), board("10000000abcdef01\0"))).toBe("DEPOT-0001");
});

test("the board's own number is used and kept, also when the board is changed", () => {
  const documents = store();
  expect(serialNumberOf(undefined, documents, board("10000000abcdef01\0"))).toBe("10000000abcdef01");
  expect(serialNumberOf(undefined, documents, board("other"))).toBe("10000000abcdef01");
});

test.each([
  ["none", "/nowhere"],
  ["zeros", board("0000000000000000\0")],
])("without a board's number (%s) two stations get two numbers, each for good", (_, file) => {
  const one = store();
  const first = serialNumberOf(undefined, one, file);
  expect(first).toMatch(/^[0-9A-F]{16}$/);
  expect(serialNumberOf(undefined, one, file)).toBe(first);
  expect(serialNumberOf(undefined, store(), file)).not.toBe(first);
});

/** A damaged file never passes for an empty one: whoever reads it says so. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openWitness } from "../../src/app/permits/witness.ts";
import { openStore } from "../../src/app/store/store.ts";
import { openDayArchive } from "../../src/dashboard/archive/day-archive.ts";

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "islet-damaged-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test("the witness beside the state folder: absent says nothing, damaged says what is forgotten and keeps the file", () => {
  const state = join(folder(), "state");
  const witness = openWitness(state);
  expect([witness.read().lockedOut, witness.sentence]).toEqual([false, ""]);
  witness.add({ lockedOut: true });
  writeFileSync(witness.file, '{"lockedOut": tr');
  const after = openWitness(state);
  expect(after.read().lockedOut).toBe(false);
  expect(after.sentence).toMatch(/witness .* was damaged .*kept as .*lockout/);
  const names = readdirSync(dirname(witness.file));
  expect(names.filter((name) => name.startsWith(`${basename(witness.file)}.`))).toHaveLength(1);
});

test("a day on record that can't be read is told", () => {
  const store = openStore({ path: join(folder(), "islet.db") });
  onTestFinished(() => store.close());
  expect(openDayArchive(store).sentence).toBe("");
  store.put("days", "000001700000000", "{ no day");
  const days = openDayArchive(store);
  expect(days.newest).toBeUndefined();
  expect(days.sentence).toMatch(/^1 of the latest days on record can't be read/);
});

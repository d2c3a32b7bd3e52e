/** The mode machine's record on disk: whole after a torn write, storable on a full disk, cautious when it is lost. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type ModeWitness, openModeRecord } from "../../src/app/store/mode-record.ts";
import { emptyRecord, type ModeRecord } from "../../src/core/modes/state.ts";

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "islet-record-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}
const locked: ModeRecord = { intent: "locked", startsLeft: 1, returnBlocked: true, opensUnproven: true, generation: 9 };
const island: ModeRecord = {
  intent: "island",
  startsLeft: 1,
  returnBlocked: false,
  opensUnproven: false,
  generation: 8,
};
const known = (): ModeWitness => ({ knowsSite: true, lockedOut: false, lockedOutOutside: false });

describe("what was stored is read back", () => {
  test("a first start claims nothing and takes the file's room", () => {
    const file = join(folder(), "intent.json");
    const opened = openModeRecord(file);
    expect(opened).toMatchObject({ record: emptyRecord, sentence: "No stored intent: first start.", alarm: false });
    expect(statSync(file).size).toBe(8_192);
  });

  test("the newest of many, of generation 0", () => {
    const file = join(folder(), "intent.json");
    const opened = openModeRecord(file);
    for (const record of [island, locked, island, locked]) opened.write(record);
    expect(openModeRecord(file, known).record).toEqual({ ...locked, generation: 0 });
    expect(statSync(file).size).toBe(8_192);
  });

  test("a record of an earlier version", () => {
    const file = join(folder(), "intent.json");
    writeFileSync(file, JSON.stringify({ intent: "locked", startsLeft: 0, returnBlocked: false }));
    expect(openModeRecord(file, known).record.intent).toBe("locked");
    expect(openModeRecord(file, known).record.intent).toBe("locked");
  });

  test("a write torn at any byte leaves the record before it", () => {
    const made = folder();
    const file = join(made, "intent.json");
    const opened = openModeRecord(file);
    opened.write(island);
    const before = readFileSync(file);
    opened.write(locked);
    const after = readFileSync(file);
    for (let byte = 0; byte <= after.length; byte += 7) {
      writeFileSync(file, Buffer.concat([after.subarray(0, byte), before.subarray(byte)]));
      expect(["island", "locked"]).toContain(openModeRecord(file, known).record.intent);
    }
  });
});

describe("a record that is lost", () => {
  const ran: ModeWitness = { knowsSite: true, lockedOut: false, lockedOutOutside: false };
  const cases: readonly (readonly [string, "missing" | "damaged" | "cut", ModeWitness, Partial<ModeRecord>])[] = [
    [
      "damaged, the audit log knows a lockout",
      "damaged",
      { knowsSite: true, lockedOut: true, lockedOutOutside: false },
      { intent: "locked" },
    ],
    ["damaged, the audit log knows none", "damaged", ran, { intent: "none", startsLeft: 0 }],
    ["cut off, the audit log knows none", "cut", ran, { intent: "none", startsLeft: 0 }],
    [
      "damaged, nobody knows",
      "damaged",
      { knowsSite: false, lockedOut: false, lockedOutOutside: false },
      { intent: "locked", startsLeft: 0 },
    ],
    ["missing at a site that has run", "missing", ran, { intent: "none", startsLeft: 0 }],
    [
      "missing at a site that was locked out",
      "missing",
      { knowsSite: true, lockedOut: true, lockedOutOutside: false },
      { intent: "locked" },
    ],
  ];
  test.each(cases)("%s", (_, what, witness, expected) => {
    const made = folder();
    const file = join(made, "intent.json");
    openModeRecord(file).write(island);
    if (what === "missing") rmSync(file);
    if (what === "damaged") writeFileSync(file, "\0garbage".repeat(1_024));
    if (what === "cut") truncateSync(file, 10);
    const opened = openModeRecord(file, () => witness);
    expect(opened.record).toMatchObject(expected);
    expect(opened.alarm).toBe(true);
    expect(existsSync(`${file}.damaged-1`)).toBe(what !== "missing");
    opened.write(island);
    expect(openModeRecord(file, known).record.intent).toBe("island");
  });

  test("one damaged slot is no loss: the other one counts", () => {
    const file = join(folder(), "intent.json");
    const opened = openModeRecord(file);
    opened.write(locked);
    const text = readFileSync(file, "latin1");
    const lockedFirst = text.indexOf('"locked"') < 4_096;
    const bytes = readFileSync(file);
    bytes.fill(0, lockedFirst ? 4_096 : 0, lockedFirst ? 8_192 : 4_096);
    writeFileSync(file, bytes);
    expect(openModeRecord(file, known).record.intent).toBe("locked");
  });
});

test("a lockout that can't be written at all is marked by a name, and stays one", () => {
  const made = folder();
  const file = join(made, "intent.json");
  const opened = openModeRecord(file);
  opened.write(island);
  // A disk that refuses new data: the file is a folder now, renaming still works.
  const kept = readFileSync(file);
  rmSync(file);
  writeFileSync(join(made, "kept"), kept);
  const asFolder = `${file}.new`;
  rmSync(asFolder, { force: true });
  // The fresh file's name is taken by a folder, so that it can't be made.
  mkdirSync(asFolder);
  expect(() => opened.write(locked)).toThrow();
  rmSync(asFolder, { recursive: true });
  writeFileSync(file, kept);
  const again = openModeRecord(file, known);
  expect(again).toMatchObject({ record: { intent: "locked" }, alarm: true });
  // Once it is stored, the mark goes.
  again.write(locked);
  again.write({ ...emptyRecord });
  expect(openModeRecord(file, known).record.intent).toBe("none");
  expect(readdirSync(made).filter((name) => name.includes("owed"))).toEqual([]);
});

test("an older state folder is put back: the memory beside it keeps the lockout", () => {
  const file = join(folder(), "intent.json");
  openModeRecord(file).write(island);
  const opened = openModeRecord(file, () => ({ knowsSite: true, lockedOut: false, lockedOutOutside: true }));
  expect(opened).toMatchObject({ record: { intent: "locked", startsLeft: 0 }, alarm: true });
});

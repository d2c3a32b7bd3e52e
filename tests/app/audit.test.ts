/** The audit log: everything that was altered, removed or moved is found; nothing that was promised is lost. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AuditLog, openAudit } from "../../src/app/audit/audit.ts";
import { emptyHead, genesisHash, verifyExport } from "../../src/app/audit/audit-chain.ts";

/** Rounds of killing a writer; `ISLET_POWER_CUTS=200` for the whole figure. */
const powerCuts = Number(process.env["ISLET_POWER_CUTS"] ?? 12);
const attempts = 1_000;

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "islet-audit-"));
  path = join(folder, "audit.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (file = path, readOnly = false): AuditLog =>
  openAudit({ path: file, now: () => 1_780_000_000_000, readOnly });
function filled(records: number): AuditLog {
  const audit = open();
  audit.appendAll(
    Array.from({ length: records }, (_, i) => ({
      kind: i % 3 === 0 ? "mode" : "limit",
      actor: "controller",
      body: { from: "loadOnly", to: "isolating", row: "grid-outage", n: i, word: "Grüße ☀" },
    })),
  );
  return audit;
}
const exportOf = (audit: AuditLog): Buffer => Buffer.from(`${[...audit.export()].join("\n")}\n`, "utf8");

describe("writing and reading", () => {
  test("an empty log verifies", () => {
    const audit = open();
    expect(audit.verify()).toMatchObject({ ok: true, records: 0, head: { hash: genesisHash } });
    expect(audit.lastAtMs()).toBe(Number.NEGATIVE_INFINITY);
    expect(verifyExport(exportOf(audit))).toMatchObject({ ok: true, records: 0 });
  });

  test("records chain on across a restart", () => {
    filled(5).close();
    const audit = open();
    expect(audit.append({ kind: "login", actor: "ann", body: {} }).seq).toBe(6);
    expect(audit.verify()).toMatchObject({ ok: true, records: 6 });
    expect(audit.latest(2).map(({ seq }) => seq)).toEqual([6, 5]);
    expect(audit.read(2, 2).map(({ seq }) => seq)).toEqual([2, 3]);
  });

  test("the database itself refuses to alter or remove", () => {
    filled(3).close();
    const database = new DatabaseSync(path);
    expect(() => database.exec("UPDATE audit SET actor = 'nobody'")).toThrow(/append-only/);
    expect(() => database.exec("DELETE FROM audit WHERE seq = 3")).toThrow(/append-only/);
    database.close();
  });

  test("all or none of several records", () => {
    const audit = filled(2);
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    expect(() =>
      audit.appendAll([
        { kind: "test", actor: "a", body: {} },
        { kind: "test", actor: "a", body: circular },
      ]),
    ).toThrow();
    expect(audit.verify()).toMatchObject({ ok: true, records: 2 });
  });

  test("a body without bound is kept as its beginning and its size", () => {
    const audit = open();
    const { body } = audit.append({ kind: "test", actor: "a", body: { text: "x".repeat(200_000) } });
    expect(body.length).toBeLessThan(2_000);
    expect(JSON.parse(body)).toMatchObject({ omittedBytes: 200_011 });
    expect(audit.verify().ok).toBe(true);
  });

  test("two writers share one log", () => {
    const one = open();
    const two = open();
    for (let i = 0; i < 20; i++) (i % 2 ? one : two).append({ kind: "test", actor: "a", body: { i } });
    expect(one.verify()).toMatchObject({ ok: true, records: 20 });
  });

  test("a head exported earlier is found again, one of another log is not", () => {
    const audit = filled(10);
    const before = audit.head();
    audit.append({ kind: "test", actor: "a", body: {} });
    expect(audit.verify(before).ok).toBe(true);
    expect(audit.verify(emptyHead).ok).toBe(true);
    expect(audit.verify({ ...before, hash: genesisHash })).toMatchObject({ ok: false });
    expect(audit.verify({ ...before, records: 99 })).toMatchObject({ ok: false });
  });

  test("a file that is no log is kept as evidence, and a new log begun; a reader refuses it", () => {
    writeFileSync(path, "this is not a database, and long enough to be taken for one".repeat(20));
    expect(() => open(path, true)).toThrow(/can't be opened/);
    const audit = open();
    expect(audit.sentence).toMatch(/The audit log was damaged \(kept as .*\.damaged-1\)/);
    expect(audit.append({ kind: "test", actor: "a", body: {} }).seq).toBe(1);
  });
});

/** Draws without a library, so that 1,000 attempts are exactly 1,000. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * below);
  };
}

describe("1,000 manipulations are all found", () => {
  test("of an export: bits flipped, lines removed, swapped, doubled", () => {
    const bytes = exportOf(filled(60));
    expect(verifyExport(bytes).ok).toBe(true);
    const lines = bytes.toString("utf8").trimEnd().split("\n");
    const draw = randomOf(7);
    const missed: string[] = [];
    for (let i = 0; i < attempts; i++) {
      const kind = i % 4;
      let spoiled: Buffer;
      let what: string;
      if (kind === 0) {
        spoiled = Buffer.from(bytes);
        const bit = draw(bytes.length * 8);
        spoiled[bit >> 3]! ^= 1 << (bit & 7);
        what = `bit ${bit}`;
      } else {
        const a = draw(lines.length);
        const b = (a + 1 + draw(lines.length - 1)) % lines.length;
        const changed = [...lines];
        if (kind === 1) changed.splice(a, 1);
        else if (kind === 2) [changed[a], changed[b]] = [changed[b]!, changed[a]!];
        else changed.splice(b, 0, lines[a]!);
        spoiled = Buffer.from(`${changed.join("\n")}\n`);
        what = `lines ${a}, ${b}, kind ${kind}`;
      }
      if (verifyExport(spoiled).ok) missed.push(what);
    }
    expect(missed).toEqual([]);
  });

  test("of the records in the database: values altered by one bit, records removed, moved", () => {
    filled(60).close();
    const database = new DatabaseSync(path);
    database.exec("DROP TRIGGER auditKeep; DROP TRIGGER auditStay; CREATE TABLE saved AS SELECT * FROM audit");
    // Speed only: what is judged here is not durability.
    database.exec("PRAGMA synchronous = OFF");
    const draw = randomOf(11);
    const columns = ["atMs", "kind", "actor", "body", "hash"] as const;
    const missed: string[] = [];
    for (let i = 0; i < attempts; i++) {
      const seq = 1 + draw(60);
      const other = 1 + ((seq + draw(59)) % 60);
      let what = "";
      database.exec("BEGIN");
      if (i % 3 === 0) {
        const column = columns[draw(columns.length)]!;
        const value = database.prepare(`SELECT ${column} AS v FROM audit WHERE seq = ?`).get(seq)!["v"];
        const altered = typeof value === "number" ? value ^ (1 << draw(20)) : flipCharacter(String(value), draw);
        database.prepare(`UPDATE audit SET ${column} = ? WHERE seq = ?`).run(altered, seq);
        what = `${column} of ${seq}: ${value} → ${altered}`;
      } else if (i % 3 === 1) {
        database.prepare("DELETE FROM audit WHERE seq = ?").run(seq);
        what = `removed ${seq}`;
      } else if (seq !== other) {
        database.prepare("UPDATE audit SET seq = -1 WHERE seq = ?").run(seq);
        database.prepare("UPDATE audit SET seq = ? WHERE seq = ?").run(seq, other);
        database.prepare("UPDATE audit SET seq = ? WHERE seq = -1").run(other);
        what = `swapped ${seq}, ${other}`;
      }
      database.exec("COMMIT");
      const audit = open(path, true);
      if (what !== "" && audit.verify().ok) missed.push(what);
      audit.close();
      restore(database);
    }
    database.close();
    expect(missed).toEqual([]);

    function restore(to: DatabaseSync): void {
      to.exec("DELETE FROM audit; INSERT INTO audit SELECT * FROM saved");
    }
  });

  test("of the database file: a flipped bit is found, or changes no record", () => {
    const audit = filled(60);
    const truth = exportOf(audit);
    audit.close();
    const bytes = readFileSync(path);
    const copy = join(folder, "copy.db");
    const draw = randomOf(13);
    const missed: number[] = [];
    let found = 0;
    for (let i = 0; i < attempts; i++) {
      const bit = draw(bytes.length * 8);
      const spoiled = Buffer.from(bytes);
      spoiled[bit >> 3]! ^= 1 << (bit & 7);
      writeFileSync(copy, spoiled);
      if (foundOrHarmless(copy, truth)) found++;
      else missed.push(bit);
    }
    expect(missed).toEqual([]);
    expect(found).toBe(attempts);
  });
});

/** A log that can't even be opened is found out as well. */
function foundOrHarmless(file: string, truth: Buffer): boolean {
  try {
    const audit = open(file, true);
    try {
      return !audit.verify().ok || exportOf(audit).equals(truth);
    } finally {
      audit.close();
    }
  } catch {
    return true;
  }
}

function flipCharacter(text: string, draw: (below: number) => number): string {
  const at = draw(text.length);
  return `${text.slice(0, at)}${String.fromCharCode(text.charCodeAt(at) ^ (1 << draw(4)))}${text.slice(at + 1)}`;
}

describe("a power cut at any moment", () => {
  test(`${powerCuts} times SIGKILL while writing → the chain is whole, nothing promised is lost`, async () => {
    const draw = randomOf(17);
    let promised = 0;
    for (let cut = 0; cut < powerCuts; cut++) {
      const child = spawn(process.execPath, [join(import.meta.dirname, "audit-writer.ts"), path], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let said = "";
      child.stdout.setEncoding("utf8");
      child.stdout.on("data", (text: string) => {
        said += text;
      });
      const ended = once(child, "close");
      await once(child.stdout, "data");
      await new Promise((resolve) => setTimeout(resolve, draw(60)));
      child.kill("SIGKILL");
      await ended;
      const whole = said.slice(0, said.lastIndexOf("\n")).split("\n").map(Number);
      promised = Math.max(promised, whole.at(-1)!);
      const audit = open();
      const verdict = audit.verify();
      audit.close();
      expect(verdict.fault).toBeUndefined();
      expect(verdict.records).toBeGreaterThanOrEqual(promised);
    }
    expect(promised).toBeGreaterThan(powerCuts);
  }, 300_000);

  test("a write torn at any byte → the records before it stand, whole", () => {
    const audit = filled(8);
    const wal = `${path}-wal`;
    const before = statSync(wal).size;
    audit.append({ kind: "test", actor: "a", body: { last: true } });
    const after = statSync(wal).size;
    expect(after).toBeGreaterThan(before);
    fc.assert(
      fc.property(fc.integer({ min: before, max: after }), (size) => {
        const torn = join(folder, "torn.db");
        copyFileSync(path, torn);
        copyFileSync(wal, `${torn}-wal`);
        truncateSync(`${torn}-wal`, size);
        const recovered = open(torn);
        const verdict = recovered.verify();
        recovered.close();
        rmSync(`${torn}-wal`, { force: true });
        rmSync(`${torn}-shm`, { force: true });
        expect(verdict).toMatchObject({ ok: true, records: size === after ? 9 : 8 });
      }),
      { numRuns: 120 },
    );
    audit.close();
  });
});

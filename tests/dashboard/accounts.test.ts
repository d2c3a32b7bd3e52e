import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openAccounts, passwordLengthMax } from "../../src/dashboard/access/accounts.ts";
import {
  invitationLifeMs,
  invitationOf,
  invitationsMax,
  makeInvitation,
} from "../../src/dashboard/access/invitations.ts";
import {
  createRateLimit,
  createSessions,
  idleMs,
  longestMs,
  sessionsMax,
} from "../../src/dashboard/access/sessions.ts";

const folder = mkdtempSync(join(tmpdir(), "islet-accounts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const password = "correct horse";

describe("accounts", () => {
  test("survive a restart, without a password in the file, readable by the owner only", async () => {
    const file = join(folder, "deep", "accounts.json");
    await openAccounts(file).set("Ortega", "installer", password);
    const again = openAccounts(file);
    expect(await again.check("ortega", password)).toMatchObject({
      ok: true,
      value: { name: "Ortega", role: "installer" },
    });
    expect(readFileSync(file, "utf8")).not.toContain(password);
    expect(statSync(file).mode & 0o077).toBe(0);
  });
  test.each([
    ["a short password", "Ada", "short", "password-short"],
    ["a long password", "Ada", "x".repeat(passwordLengthMax + 1), "password-long"],
    ["a name with markup", "<b>", password, "name"],
    ["an empty name", " ", password, "name"],
    ["a name with a line break", "a\nb", password, "name"],
  ] as const)("%s is refused", async (_name, name, given, error) => {
    expect(await openAccounts(null).set(name, "viewer", given)).toEqual({ ok: false, error });
  });
  test("wrong password, unknown name, empty password and another's password are refused alike", async () => {
    const accounts = openAccounts(null);
    await accounts.set("Ada", "viewer", password);
    await accounts.set("Ben", "viewer", "another password");
    for (const [name, given] of [
      ["Ada", "wrong"],
      ["Eve", password],
      ["Ada", ""],
      ["Ada", "another password"],
      ["__proto__", password],
    ] as const)
      expect(await accounts.check(name, given)).toEqual({ ok: false, error: "refused" });
  });
  test("a password that differs only in how its letters are composed is the same", async () => {
    const accounts = openAccounts(null);
    await accounts.set("Zoë", "viewer", "pässwörter123");
    expect((await accounts.check("Zoë", "pässwörter123".normalize("NFD"))).ok).toBe(true);
  });
  test("an invitation works once, for its person, and survives a restart without its code in the file", async () => {
    const file = join(folder, "invited.json");
    const accounts = openAccounts(file);
    await accounts.set("Ada", "installer", password);
    const made = await accounts.invite("Ben", "operator");
    const code = made.ok ? made.value.code : "";
    expect(readFileSync(file, "utf8")).not.toContain(code);
    const again = openAccounts(file);
    expect(again.invited(code)).toMatchObject({ name: "Ben", role: "operator" });
    expect(again.invited(`${code.slice(0, -1)}!`)).toBeUndefined();
    expect(await again.accept(code, "short")).toEqual({ ok: false, error: "password-short" });
    expect(await again.accept(code, "seven wet boots")).toMatchObject({
      ok: true,
      value: { name: "Ben", role: "operator" },
    });
    expect(await again.accept(code, "another password")).toEqual({ ok: false, error: "unknown" });
    expect((await again.check("Ben", "seven wet boots")).ok).toBe(true);
    expect(again.invitations()).toEqual([]);
  });
  test("two who use one invitation at the same moment → one password is set, the other is told", async () => {
    const accounts = openAccounts(null);
    const made = await accounts.invite("Ben", "operator");
    const code = made.ok ? made.value.code : "";
    const both = await Promise.all([
      accounts.accept(code, "seven wet boots"),
      accounts.accept(code, "eight dry boots"),
    ]);
    expect(both.filter(({ ok }) => ok)).toHaveLength(1);
    expect(both[1]).toEqual({ ok: false, error: "busy" });
    expect((await accounts.check("Ben", "seven wet boots")).ok).toBe(true);
  });

  test("an invitation is refused for who is known, void when taken back, made anew or too old, and bounded", async () => {
    const accounts = openAccounts(null);
    await accounts.set("Ada", "installer", password);
    expect(await accounts.invite("ada", "viewer")).toEqual({ ok: false, error: "known" });
    expect(await accounts.invite("<b>", "viewer")).toEqual({ ok: false, error: "name" });
    const codeOf = async (name: string): Promise<string> => {
      const made = await accounts.invite(name, "viewer");
      return made.ok ? made.value.code : "";
    };
    const first = await codeOf("Ben");
    const second = await codeOf("ben");
    expect([accounts.invited(first), accounts.invited(second)?.name]).toEqual([undefined, "ben"]);
    await accounts.uninvite("Ben");
    expect(accounts.invited(second)).toBeUndefined();
    const { code, entry } = makeInvitation("Eve", "viewer", 1_000);
    expect(invitationOf([entry], code, 1_000 + invitationLifeMs - 1)?.name).toBe("Eve");
    expect(invitationOf([entry], code, 1_000 + invitationLifeMs)).toBeUndefined();
    for (let i = 0; i < invitationsMax; i++) await codeOf(`Guest ${i}`);
    expect(await accounts.invite("One more", "viewer")).toEqual({ ok: false, error: "too-many" });
  });
  test("the last installer stays", async () => {
    const accounts = openAccounts(null);
    await accounts.set("Ada", "installer", password);
    expect(await accounts.remove("Ada")).toEqual({ ok: false, error: "last-installer" });
    expect(await accounts.set("ada", "viewer", password)).toEqual({ ok: false, error: "last-installer" });
    await accounts.set("Ben", "installer", password);
    expect((await accounts.remove("ADA")).ok).toBe(true);
  });
  test("a token reads, is kept only as a hash, and ends", async () => {
    const file = join(folder, "tokens.json");
    const accounts = openAccounts(file);
    const made = await accounts.makeToken("grafana");
    if (!made.ok) throw new Error(made.error);
    expect(readFileSync(file, "utf8")).not.toContain(made.value.token);
    expect(openAccounts(file).findToken(made.value.token)?.name).toBe("grafana");
    expect(accounts.findToken(`${made.value.token}x`)).toBeNull();
    await accounts.removeToken(made.value.id);
    expect(accounts.findToken(made.value.token)).toBeNull();
  });
  test("a damaged file is set aside and told; the controller runs on without accounts", () => {
    const file = join(folder, "damaged.json");
    writeFileSync(file, '{"version":1,"accounts":[{"name":"x"');
    const accounts = openAccounts(file);
    expect(accounts.sentence).toMatch(/can't be read.*set aside as .*Restore|can't be read.*set aside as .*restore/);
    expect(accounts.list()).toEqual([]);
    expect(readdirSync(folder).filter((name) => name.startsWith("damaged.json.damaged-"))).toHaveLength(1);
  });
  test("a write that fails breaks none after it: what is in force is kept as soon as the disk takes it", async () => {
    const file = join(folder, "full", "accounts.json");
    const accounts = openAccounts(file);
    await accounts.set("Ada", "installer", password);
    // Where the next file would be written stands a folder.
    mkdirSync(`${file}.next`);
    expect((await accounts.makeToken("grafana")).ok).toBe(true);
    expect((await accounts.set("Ben", "viewer", password)).ok).toBe(true);
    expect(accounts.owed).not.toBe("");
    expect((await accounts.check("Ben", password)).ok).toBe(true);
    expect(openAccounts(file).list()).toHaveLength(1);
    rmSync(`${file}.next`, { recursive: true });
    await expect.poll(() => accounts.owed, { timeout: 60_000 }).toBe("");
    const again = openAccounts(file);
    expect([again.list().length, again.tokens().length]).toEqual([2, 1]);
  });
  test("a flood of sign-ins is bounded: the rest is told to wait", async () => {
    const accounts = openAccounts(null);
    const results = await Promise.all(Array.from({ length: 40 }, () => accounts.check("x", "y")));
    expect(results.filter((result) => !result.ok && result.error === "busy").length).toBeGreaterThanOrEqual(20);
    expect((await accounts.check("x", "y")).ok).toBe(false);
  });
});

describe("sessions", () => {
  test.each([
    ["unused for too long", idleMs + 1, false],
    ["used in time", idleMs - 1, true],
  ])("%s", (_name, after, holds) => {
    let now = 0;
    const sessions = createSessions(() => now);
    const cookie = sessions.start("Ada", "viewer", false);
    now += after;
    expect(sessions.find(cookie) !== null).toBe(holds);
  });
  test("ends after the longest time however much it is used", () => {
    let now = 0;
    const sessions = createSessions(() => now);
    const cookie = sessions.start("Ada", "viewer", false);
    for (; now <= longestMs; now += idleMs / 2) sessions.find(cookie);
    expect(sessions.find(cookie)).toBeNull();
  });
  test("too many make room by forgetting the one that was unused longest", () => {
    const sessions = createSessions(() => 0);
    const first = sessions.start("first", "viewer", false);
    const second = sessions.start("second", "viewer", false);
    sessions.find(first);
    for (let i = 0; i < sessionsMax - 1; i++) sessions.start(`p${i}`, "viewer", false);
    expect([sessions.find(first)?.name, sessions.find(second), sessions.size]).toEqual(["first", null, sessionsMax]);
  });
  test.each([
    ["nothing", undefined],
    ["empty", ""],
    ["made up", "A".repeat(43)],
    ["far too long", "A".repeat(100_000)],
  ])("a forged cookie (%s) finds nobody", (_name, cookie) => {
    const sessions = createSessions(() => 0);
    sessions.start("Ada", "installer", false);
    expect(sessions.find(cookie)).toBeNull();
  });
});

describe("rate limit", () => {
  test("a burst, then one at a time, then full again", () => {
    let now = 0;
    const limit = createRateLimit(3, 1000, () => now);
    expect([limit.take("a"), limit.take("a"), limit.take("a")]).toEqual([0, 0, 0]);
    expect(limit.take("a")).toBe(1000);
    expect(limit.take("b")).toBe(0);
    now = 1000;
    expect([limit.take("a"), limit.take("a")]).toEqual([0, 1000]);
    limit.forgive("a");
    expect(limit.take("a")).toBe(0);
  });
});

/** What the site is allowed to do: permit, service, relay, clock, backup. */
import { describe, expect, test } from "vitest";
import {
  type Authority,
  type AuthorityConfig,
  clockSettlesMs,
  clockWasSetBack,
  createAuthority,
  evaluateAuthority,
} from "../../src/core/modes/authority.ts";
import { createSnapshot, type PermitFacts, type SiteFacts } from "../../src/core/snapshot.ts";

const april = Date.UTC(2026, 3, 14);
const june = Date.UTC(2026, 5, 1);
const nextApril = Date.UTC(2027, 3, 14);

const site = (permit: Partial<PermitFacts> = {}, change: Partial<SiteFacts> = {}): SiteFacts => ({
  ...createSnapshot(1, 0).site,
  serviceEnabled: true,
  ...change,
  permit: {
    mode: "parallel-export",
    validFromMs: april,
    validUntilMs: nextApril,
    revoked: false,
    exportLimitW: 25_000,
    equipmentMatches: true,
    backupNotified: false,
    ...permit,
  },
});
const config: AuthorityConfig = { serviceMode: "parallel-export", canIsolate: true, utilityNotified: true };

const judge = (authority: Authority, rules: AuthorityConfig, facts: SiteFacts, wallMs: number): Authority =>
  evaluateAuthority(authority, rules, { site: facts, wallMs });

describe("parallel operation", () => {
  const cases: readonly (readonly [name: string, site: SiteFacts, wallMs: number, refusal: string])[] = [
    ["a valid permit", site(), june, ""],
    ["in its first millisecond", site(), april, ""],
    ["one millisecond early", site(), april - 1, "permit-not-yet-valid"],
    ["in its last millisecond", site(), nextApril - 1, ""],
    ["at its end", site(), nextApril, "permit-expired"],
    ["no permit", site({ mode: "load-only" }), june, "permit-none"],
    ["a permit for backup only", site({ mode: "non-parallel-backup" }), june, "permit-none"],
    ["revoked", site({ revoked: true }), june, "permit-revoked"],
    ["the clock is not set", site(), Number.NaN, "clock-untrusted"],
    [
      "dates that nobody could read",
      site({ validFromMs: Number.NaN, validUntilMs: Number.NaN }),
      june,
      "permit-not-yet-valid",
    ],
    ["an end that nobody could read", site({ validUntilMs: Number.NaN }), june, "permit-expired"],
    ["other firmware than the permit covers", site({ equipmentMatches: false }), june, "permit-equipment"],
    ["the utility has disabled service", site({}, { serviceEnabled: false }), june, "service-disabled"],
    ["the reverse-power relay has tripped", site({}, { relayLatched: true }), june, "relay-latched"],
  ];
  test.each(cases)("%s", (_, facts, wallMs, refusal) => {
    const authority = judge(createAuthority(), config, facts, wallMs);
    expect(authority).toMatchObject({ parallelOK: refusal === "", parallelRefusal: refusal });
    expect(authority.exportLimitW).toBe(refusal === "" ? 25_000 : 0);
    expect(authority.serviceMode).toBe(refusal === "" ? "parallel-export" : "non-parallel-backup");
  });

  test("a grid code with settings that nobody has stated → no parallel operation, backup as before", () => {
    const authority = judge(createAuthority(), { ...config, gridCodeOpen: true }, site(), june);
    expect(authority).toMatchObject({ parallelOK: false, parallelRefusal: "grid-code-open", backupOK: true });
  });

  test("the installer wants less than the permit grants → less", () => {
    const authority = judge(createAuthority(), { ...config, serviceMode: "parallel-non-export" }, site(), june);
    expect(authority).toMatchObject({ serviceMode: "parallel-non-export", parallelOK: true, exportLimitW: 0 });
  });

  test("the permit grants less than the installer wants → less", () => {
    const authority = judge(createAuthority(), config, site({ mode: "parallel-non-export" }), june);
    expect(authority).toMatchObject({ serviceMode: "parallel-non-export", parallelOK: true, exportLimitW: 0 });
  });

  test("a limit that is not a number exports nothing", () => {
    expect(judge(createAuthority(), config, site({ exportLimitW: Number.NaN }), june).exportLimitW).toBe(0);
  });

  test("a revocation counts in the cycle that sees it, and so does its permit's return", () => {
    const authority = createAuthority();
    const facts = site();
    expect(judge(authority, config, facts, june).parallelOK).toBe(true);
    facts.permit.revoked = true;
    expect(judge(authority, config, facts, june + 10).parallelOK).toBe(false);
  });
});

describe("the installer's service mode bounds what the permit grants", () => {
  test.each([
    ["load-only", "load-only"],
    ["non-parallel-backup", "non-parallel-backup"],
  ] as const)("configured as %s, permitted to export", (serviceMode, inForce) => {
    const authority = judge(createAuthority(), { ...config, serviceMode }, site(), june);
    expect(authority).toMatchObject({
      parallelOK: false,
      parallelRefusal: "service-mode",
      serviceMode: inForce,
      exportLimitW: 0,
    });
  });
  test("configured without export, permitted to export", () => {
    const authority = judge(createAuthority(), { ...config, serviceMode: "parallel-non-export" }, site(), june);
    expect(authority).toMatchObject({ parallelOK: true, serviceMode: "parallel-non-export", exportLimitW: 0 });
  });
});

describe("a clock that is set back", () => {
  test("never revives an expired permit", () => {
    const authority = createAuthority();
    for (let wallMs = nextApril; wallMs <= nextApril + clockSettlesMs; wallMs += 1_000)
      expect(judge(authority, config, site(), wallMs).parallelRefusal).toBe("permit-expired");
    expect(judge(authority, config, site(), june).parallelRefusal).toBe("clock-set-back");
    expect(clockWasSetBack(authority, june)).toBe(true);
  });

  test("one that is wrong for a while refuses meanwhile and leaves nothing behind", () => {
    const authority = createAuthority(june);
    const year2046 = Date.UTC(2046, 0, 1);
    expect(judge(authority, config, site(), june + 1).parallelOK).toBe(true);
    for (let wallMs = year2046; wallMs < year2046 + clockSettlesMs; wallMs += 1_000)
      expect(judge(authority, config, site(), wallMs).parallelRefusal).toBe("permit-expired");
    expect(judge(authority, config, site(), june + 600_000).parallelOK).toBe(true);
    expect(authority.clockFloorMs).toBe(june);
  });

  test("also not after a restart that knows the log's last moment", () => {
    expect(judge(createAuthority(nextApril + 1), config, site(), june).parallelOK).toBe(false);
  });

  test("a correction of minutes inside the permit's time disturbs nothing", () => {
    const authority = createAuthority();
    judge(authority, config, site(), june);
    expect(judge(authority, config, site(), june - 120_000).parallelOK).toBe(true);
    expect(clockWasSetBack(authority, june - 120_000)).toBe(false);
  });
});

describe("backup", () => {
  const cases: readonly (readonly [
    name: string,
    config: Partial<AuthorityConfig>,
    permit: Partial<PermitFacts>,
    refusal: string,
  ])[] = [
    ["a transfer device and a notified utility, no permit", {}, { mode: "load-only" }, ""],
    ["notified through the permit", { utilityNotified: false }, { backupNotified: true }, ""],
    ["nobody was notified", { utilityNotified: false }, {}, "backup-not-notified"],
    ["no transfer device", { canIsolate: false }, {}, "no-transfer-device"],
    ["configured as a load", { serviceMode: "load-only" }, {}, "service-mode"],
    ["a permit for backup was revoked", {}, { mode: "non-parallel-backup", revoked: true }, "permit-revoked"],
    ["a permit for parallel operation was revoked", {}, { revoked: true }, ""],
  ];
  test.each(cases)("%s", (_, change, permit, refusal) => {
    const authority = judge(createAuthority(), { ...config, ...change }, site(permit), june);
    expect(authority).toMatchObject({ backupOK: refusal === "", backupRefusal: refusal });
  });
});

/** Nothing that the files say or that was remembered gets lost on the way to core and bridge. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { DeviceMap } from "../../firmware-bridge/maps/device-map.ts";
import { guestAccount } from "../../src/app/account/guests.ts";
import { bridgeSettings } from "../../src/app/site/bridge-settings.ts";
import { composeCore, noMemory, type SiteMemory } from "../../src/app/site/composition.ts";
import { type LoadedSite, loadSite } from "../../src/app/site/load-config.ts";
import { parseAgreements } from "../../src/config/agreements-file.ts";
import type { Core } from "../../src/core/core.ts";
import { createLimitedGenerationProfile } from "../../src/core/pcc/limited-generation-profile.ts";
import { copyPassport } from "../../src/core/pcc/pcc-memory.ts";
import { createResponsePassport } from "../../src/core/pcc/response-passport.ts";
import { tableZone } from "../../src/domain/time-zone.ts";

const root = join(import.meta.dirname, "../..");
const loaded = loadSite(join(root, "config/depot.yaml"));
const made = createLimitedGenerationProfile(
  Array.from({ length: 12 }, () => new Array(24).fill(1_000)),
  "UTC",
);
if (!made.ok) throw new Error(made.error);
const map = { kind: "meter", name: "a map" } as unknown as DeviceMap;

const agreements = parseAgreements(
  `parties: [{ id: a, name: A }, { id: b, name: B }]
agreements:
  - { account: south-12, host: a, guest: b, from: 2026-11-01, until: 2026-11-30, currency: EUR, energyPerKWh: 0.3,
      wearPerKWh: 0.08, supplyPerKWh: 0.25, vehicles: [{ evccId: 0011223344AA }] }`,
  "agreements.yaml",
);
const utc = tableZone("UTC");
if (!agreements.ok || !utc.ok) throw new Error("the agreement can't be read");
const agreement = agreements.value[0]!;

const site: LoadedSite = {
  ...loaded,
  config: { ...loaded.config, pcc: { ...loaded.config.pcc, meter: { ...loaded.config.pcc.meter, map: "own.yaml" } } },
  generationProfile: made.value,
  maps: new Map([["own.yaml", map]]),
  agreements: [agreement],
};
const memory: SiteMemory = {
  record: { intent: "locked", startsLeft: 1, returnBlocked: true, opensUnproven: true, generation: 7 },
  clockFloorMs: 123_456,
  pccMemory: {
    exports: { total: 9, alarmTooMany: true, alarmTooLong: false, entries: [] },
    imports: { total: 0, alarmTooMany: false, alarmTooLong: false, entries: [] },
    passport: copyPassport(createResponsePassport(500)),
    relayCause: "reverse-power",
  },
};
const moment = { nowMs: 5, wallAheadMs: 10, randomFraction: 0.25, periodMs: 40 };
const compose = (): Core => composeCore(site, memory, moment);

/** For each thing that a site's files say, where it arrives. A new key without a row here does not compile. */
const filesArrive: Readonly<Record<keyof LoadedSite, () => void>> = {
  config: () => expect(compose().config.evses).toBe(site.config.evses),
  profile: () => expect(compose().profile).toBe(site.profile),
  generationProfile: () => expect(compose().generationProfile).toBe(site.generationProfile),
  agreements: () => {
    const account = guestAccount(site.agreements, utc.value);
    expect(account(agreement.vehicles, null, Date.parse("2026-11-30T12:00Z"))).toBe("south-12");
    expect(account(agreement.vehicles, null, Date.parse("2026-12-01T00:00Z"))).toBeNull();
  },
  maps: () => expect(bridgeSettings(site.config, site.maps).meter?.map).toBe(map),
};
/** The same for what was remembered. */
const memoryArrives: Readonly<Record<keyof SiteMemory, () => void>> = {
  record: () =>
    expect(compose().machine.state.record).toEqual({
      intent: "locked",
      startsLeft: 1,
      returnBlocked: true,
      opensUnproven: true,
      generation: 0,
    }),
  clockFloorMs: () => expect(compose().authority.clockFloorMs).toBe(123_456),
  pccMemory: () => {
    const { pccRecord, reversePower } = compose();
    expect(pccRecord.exports.ledger).toMatchObject({ total: 9, alarmTooMany: true });
    expect(reversePower.cause).toBe("reverse-power");
  },
};

describe("what the files say arrives", () => {
  test.each(Object.entries(filesArrive))("%s", (_, arrives) => arrives());
});
describe("what was remembered arrives", () => {
  test.each(Object.entries(memoryArrives))("%s", (_, arrives) => arrives());
});

test("the loop's true period decides how long commands are good", () => {
  expect(composeCore(site, noMemory, { ...moment, periodMs: 100 }).leaseMs).toBe(500);
});

test("nobody else starts a core or a bridge", () => {
  const starts = /\b(createCore|createBridge)\(/;
  const found = ["src", "sim", "bench"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => `${folder}/${path}`)
      .filter((path) => starts.test(readFileSync(join(root, path), "utf8"))),
  );
  // Where they are made, and a bench of the bridge alone.
  expect(found.sort()).toEqual(["bench/modbus.ts", "src/app/site/composition.ts", "src/core/core.ts"]);
});

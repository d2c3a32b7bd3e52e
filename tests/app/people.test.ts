import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { held, openPeople, type PersonsRequest } from "../../src/app/people.ts";
import { openStore } from "../../src/app/store/store.ts";
import type { SiteConfig } from "../../src/config/site.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";

const config = {
  evses: [
    { reservePct: 30, dischargeEnabled: true, maxDischargeW: 60_000 },
    { reservePct: 20, dischargeEnabled: false, maxDischargeW: 60_000 },
    { reservePct: 20, dischargeEnabled: false, maxDischargeW: 0 },
  ],
} as unknown as SiteConfig;
const request = (value: number): PersonsRequest => ({ value, by: "ann", atMs: 1_000, reason: "a test" });

function open(store = openStore({ path: ":memory:" })) {
  const { evses, site } = createSnapshot(3, 2);
  let flushes = 0;
  const people = openPeople(config, store, { evses, site, flush: () => void flushes++ });
  return { people, evses, site, store, flushes: () => flushes };
}

describe("what people ask for", () => {
  test("nobody has asked: configuration alone", () => {
    const { evses, site } = open();
    expect([site.operatorImportLimitW, site.operatorExportLimitW, site.tiersFedMax]).toEqual([
      Infinity,
      Infinity,
      Infinity,
    ]);
    expect(evses.map((evse) => [evse.reservePct, evse.dischargeEnabled, evse.operatorMinW, evse.operatorMaxW])).toEqual(
      [
        [30, true, -Infinity, Infinity],
        [20, false, -Infinity, Infinity],
        [20, false, -Infinity, Infinity],
      ],
    );
  });
  test("everything asked for stands after a restart, with who and when", () => {
    const before = open();
    before.people.ask("demandLimitW", 0, request(200_000));
    before.people.ask("exportLimitW", 0, request(5_000));
    before.people.ask("tiersFedMax", 0, request(1));
    before.people.ask("reservePct", 1, request(45));
    before.people.ask("departsAtMs", 2, request(9e12));
    before.people.ask("targetPct", 2, request(80));
    before.people.ask("held", 1, request(held.discharging));
    before.people.ask("held", 2, request(held.everything));
    before.people.ask("dischargeEnabled", 2, request(1));
    const { people, evses, site } = open(before.store);
    expect([site.operatorImportLimitW, site.operatorExportLimitW, site.tiersFedMax]).toEqual([200_000, 5_000, 1]);
    expect([evses[0]!.reservePct, evses[1]!.departsAtMs, evses[1]!.targetPct]).toEqual([45, 9e12, 80]);
    expect([evses[0]!.operatorMinW, evses[0]!.operatorMaxW]).toEqual([0, Infinity]);
    expect([evses[1]!.operatorMinW, evses[1]!.operatorMaxW, evses[1]!.dischargeEnabled]).toEqual([0, 0, true]);
    expect(people.get("demandLimitW", 0)).toEqual(request(200_000));
  });
  test.each([
    ["a reserve below the configured one raises nothing", "reservePct", 1, 10, (evse) => evse.reservePct, 30],
    ["a stage without a rating is not enabled", "dischargeEnabled", 3, 1, (evse) => evse.dischargeEnabled, false],
  ] as const satisfies readonly (readonly [
    string,
    "reservePct" | "dischargeEnabled",
    number,
    number,
    (evse: ReturnType<typeof open>["evses"][number]) => number | boolean,
    number | boolean,
  ])[])("%s", (_name, name, evse, value, read, expected) => {
    const { people, evses } = open();
    people.ask(name, evse, request(value));
    expect(read(evses[evse - 1]!)).toBe(expected);
  });
  test("what is forgotten is out of force at once and after a restart", () => {
    const { people, site, store, flushes } = open();
    people.ask("demandLimitW", 0, request(1));
    const count = flushes();
    expect(people.forget("demandLimitW", 0)).toEqual(request(1));
    expect([site.operatorImportLimitW, flushes()]).toEqual([Infinity, count + 1]);
    expect(people.forget("demandLimitW", 0)).toBeUndefined();
    expect(open(store).site.operatorImportLimitW).toBe(Infinity);
  });
  test("what can't be read does not count and is told", () => {
    const { store } = open();
    store.put("people", "demandLimitW/0", "{");
    store.put("people", "reservePct/1", '{"value":"much"}');
    store.put("people", "reservePct/2", JSON.stringify(request(50)));
    const { people, site, evses } = open(store);
    expect([site.operatorImportLimitW, evses[0]!.reservePct, evses[1]!.reservePct]).toEqual([Infinity, 30, 50]);
    expect(people.sentence).toMatch(/^2 settings/);
  });
});

test("the store was damaged: what people have set is taken from its copy", () => {
  const folder = mkdtempSync(join(tmpdir(), "islet-people-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "islet.db");
  const copy = join(folder, "people.json");
  const start = () => {
    const store = openStore({ path });
    const { evses, site } = createSnapshot(3, 2);
    const people = openPeople(config, store, { evses, site, flush: () => undefined }, copy);
    const stop = (): void => {
      people.stop();
      store.close();
    };
    return { people, evses, site, stop };
  };
  const before = start();
  before.people.ask("demandLimitW", 0, request(200_000));
  before.people.ask("held", 1, request(held.everything));
  before.people.ask("reservePct", 1, request(45));
  before.people.forget("reservePct", 1);
  before.stop();
  writeFileSync(path, "no database any more".repeat(100));
  const after = start();
  expect([after.site.operatorImportLimitW, after.evses[0]!.operatorMaxW, after.evses[0]!.reservePct]).toEqual([
    200_000, 0, 30,
  ]);
  expect(after.people.sentence).toMatch(/taken from their copy: 2 stand/);
  after.stop();
  const again = start();
  expect([again.site.operatorImportLimitW, again.people.sentence]).toEqual([200_000, ""]);
  again.stop();
  writeFileSync(path, "no database any more".repeat(100));
  writeFileSync(copy, '{"demandLimitW/0": ');
  const damaged = start();
  expect(damaged.people.sentence).toMatch(/copy of the settings of people can't be read either .*Set them again/);
  damaged.stop();
});

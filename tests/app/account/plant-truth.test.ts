/**
 * The account of a simulated site against the plant's own books: charging under a cap, an outage with PV in the island, the return.
 * A quarter of an hour of it, as charging begins; `ISLET_LONG=1` plays the whole story.
 */
import { expect, test } from "vitest";
import { mixedDepot } from "../../../sim/scenarios/mixed-depot.table.ts";
import { startIslet } from "../../../sim/story/islet-controller.ts";
import { runScenario } from "../../../sim/story/scenario.ts";
import type { Controller, Site } from "../../../sim/story/site.ts";
import { openAccountBook } from "../../../src/app/account/account-book.ts";
import { type AccountRow, emptyHead, rowText, verifyAccount } from "../../../src/app/account/chain.ts";
import { AccountRecorder } from "../../../src/app/account/recorder.ts";
import { siteView } from "../../../src/app/account/site-view.ts";
import { createControlReport, fillReport } from "../../../src/app/control/shared/report.ts";
import { loadSite } from "../../../src/app/site/load-config.ts";
import { openStore } from "../../../src/app/store/store.ts";
import type { Core } from "../../../src/core/core.ts";
import { quarterMs } from "../../../src/settlement/account/row.ts";

/** As the running controller looks at its report. */
const lookEveryMs = 100;
const startsAtMs = Date.UTC(2006, 5, 14, 12);

test("what it books is what the plant has booked, to 0.1 %", () => {
  const { config } = loadSite("sim/scenarios/sites/mixed-depot.yaml");
  const report = createControlReport(config.evses.length, config.tiers.length);
  const book = openAccountBook(openStore({ path: ":memory:" }));
  const rows: AccountRow[] = [];
  const balances: ReturnType<Site["world"]["books"]["balance"]>[] = [];
  let site: Site | null = null;
  const recorder = new AccountRecorder({
    config,
    book,
    head: emptyHead,
    placeAt: () => ({ account: null, vehicle: null }),
    onRow: (row) => rows.push(row),
  });
  let dueMs = Number.NEGATIVE_INFINITY;
  const start = (boot: Parameters<typeof startIslet>[0]): Controller => {
    const controller = startIslet(boot) as Controller & { readonly core: Core };
    const step = controller.step.bind(controller);
    controller.step = (snapshot, nowMs) => {
      const commands = step(snapshot, nowMs);
      if (nowMs >= dueMs) {
        dueMs = nowMs + lookEveryMs;
        fillReport(report, controller.core, snapshot, nowMs);
        const before = rows.length;
        recorder.look(siteView(report, config), startsAtMs + nowMs);
        if (site !== null && (balances.length === 0 || rows.length > before)) balances.push(site.world.books.balance());
      }
      return commands;
    };
    return controller;
  };
  const to = process.env["ISLET_LONG"] ? mixedDepot.to : "12:16:45";
  const begins = (begun: Site): void => {
    site = begun;
    mixedDepot.begins(begun);
  };
  // Meters without an error of their own: what is judged is the account.
  const world = (seed: number): ReturnType<typeof mixedDepot.world> => {
    const drawn = mixedDepot.world(seed);
    return { ...drawn, meter: { ...drawn.meter, gain: 1, offsetW: 0 } };
  };
  runScenario({ ...mixedDepot, to, begins, world, checks: () => [] }, start, { seed: 2 });

  expect(rows.length).toBeGreaterThanOrEqual(1);
  expect(verifyAccount(rows.map(rowText), [], null)).toMatchObject({ ok: true });
  expect(rows.filter(({ closes }) => !closes)).toEqual([]);
  const last = balances.at(-1)!;
  const truth = (
    key: "importWh" | "exportWh" | "pvWh" | "chargedWh" | "dischargedWh" | "buildingWh" | "tiersWh",
  ): number => last[key] - balances[0]![key];
  const sumOf = (of: "flows" | "origins", fits: (name: string) => boolean): number =>
    rows
      .flatMap((row) => Object.entries(row[of]))
      .filter(([name]) => fits(name))
      .reduce((sum, [, amounts]) => sum + Object.values(amounts).reduce((a, b) => a + b, 0), 0) / 1_000;
  const isVehicle = (name: string): boolean => name.startsWith("v:");
  const unknownMs = rows.reduce((sum, row) => sum + row.unknownMs, 0);
  expect(unknownMs).toBeLessThan(0.2 * quarterMs);
  // 0.1 % of what sources gave: the building is what is left of them.
  const boundWh = 0.001 * (truth("importWh") + truth("pvWh") + truth("dischargedWh"));
  const near = (actual: number, expected: number, what: string): void =>
    expect(Math.abs(actual - expected), `${what}: ${actual} against ${expected} Wh`).toBeLessThan(boundWh);
  near(
    sumOf("flows", (name) => name === "grid"),
    truth("importWh"),
    "grid",
  );
  near(
    sumOf("flows", (name) => name === "pv"),
    truth("pvWh"),
    "PV",
  );
  near(sumOf("origins", isVehicle), truth("chargedWh"), "into vehicles");
  near(sumOf("flows", isVehicle), truth("dischargedWh"), "out of vehicles");
  near(
    sumOf("origins", (name) => name === "building"),
    truth("buildingWh") + truth("tiersWh"),
    "building and tiers",
  );
}, 120_000);

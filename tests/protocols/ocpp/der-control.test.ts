/** OCPP 2.1, block R: what is taken, which control is in force, what is told and when, and that nothing is forgotten. */
import { describe, expect, test } from "vitest";
import type { DerType, SetControl } from "../../../src/protocols/ocpp/der/der-types.table.ts";
import { createHarness, type Harness } from "./harness.ts";

/** A site on which every kind that the cases need can run; what it is given is in `applied`. */
async function start(
  types: readonly DerType[] = [
    "FreqDroop",
    "VoltVar",
    "VoltWatt",
    "EnterService",
    "Gradients",
    "FreqWatt",
    "HVMustTrip",
  ],
) {
  const applied: string[][] = [];
  const site = await createHarness({
    evses: 1,
    versions: ["2.1", "2.0.1"],
    gridControl: {
      types,
      judge: ({ controlId }) => (controlId === "beyond" ? "It is beyond the range of the grid code." : null),
      apply: (requests) => void applied.push(requests.map(({ controlId }) => controlId)),
    },
  });
  return { site, applied };
}

const inS = (site: Harness, s: number): string => new Date(site.clock.wallMs() + s * 1000).toISOString();

interface Window {
  readonly fromS?: number;
  readonly forS?: number;
  readonly isDefault?: boolean;
  readonly pct?: number;
}

const limit = (
  site: Harness,
  controlId: string,
  priority: number,
  { fromS, forS, isDefault = false, pct = 50 }: Window = {},
): SetControl => ({
  isDefault,
  controlId,
  controlType: "LimitMaxDischarge",
  limitMaxDischarge: {
    priority,
    pctMaxDischargePower: pct,
    ...(fromS !== undefined && { startTime: inS(site, fromS) }),
    ...(forS !== undefined && { duration: forS }),
  },
});
const asDefault: Window = { isDefault: true };

/** Starts and ends that were told, as `id+` and `id-` with what they superseded. */
const told = (site: Harness): string[] =>
  site
    .sent("NotifyDERStartStop")
    .map(({ controlId, started, supersededIds = [] }) =>
      [`${controlId}${started ? "+" : "-"}`, ...supersededIds].join(" "),
    );

const set = (site: Harness, request: SetControl) => site.call("SetDERControl", request);
/** W that the EVSE may discharge at most. */
const floorOf = (site: Harness): number => site.site.limits.get(1)?.minW ?? Number.NEGATIVE_INFINITY;

describe("which of two controls of a kind is in force: the lower number, and the first of two that are equal", () => {
  test("S1, S2: a default acts at once and is not told; a better one supersedes it", async () => {
    const { site } = await start();
    expect(await set(site, limit(site, "a", 5, { ...asDefault, pct: 50 }))).toEqual({ status: "Accepted" });
    expect(floorOf(site)).toBe(-30_000);
    expect(await set(site, limit(site, "b", 3, { ...asDefault, pct: 20 }))).toEqual({
      status: "Accepted",
      supersededIds: ["a"],
    });
    expect(floorOf(site)).toBe(-12_000);
    await site.run(1000);
    expect(told(site)).toEqual([]);
  });

  test("S3, S4, S14: a worse default is kept superseded, an equal one waits, and who is superseded takes no part", async () => {
    const { site } = await start();
    await set(site, limit(site, "a", 3, { ...asDefault, pct: 50 }));
    expect(await set(site, limit(site, "b", 5, { ...asDefault, pct: 10 }))).toEqual({
      status: "Accepted",
      supersededIds: ["b"],
    });
    expect(await set(site, limit(site, "c", 3, { ...asDefault, pct: 10 }))).toEqual({ status: "Accepted" });
    expect(floorOf(site)).toBe(-30_000);
    await site.call("ClearDERControl", { isDefault: true, controlId: "a" });
    await site.call("ClearDERControl", { isDefault: true, controlId: "c" });
    expect(await set(site, limit(site, "d", 9, { ...asDefault, pct: 70 }))).toEqual({ status: "Accepted" });
    expect(floorOf(site)).toBe(-42_000);
  });

  test("S5: a better one supersedes one that has not begun, at once", async () => {
    const { site } = await start();
    await set(site, limit(site, "a", 5, { fromS: 10, forS: 60 }));
    expect(await set(site, limit(site, "b", 3, { fromS: 30, forS: 60 }))).toEqual({
      status: "Accepted",
      supersededIds: ["a"],
    });
    await site.run(31_000);
    expect(told(site)).toEqual(["b+ a"]);
  });

  test("S6, S12: a better one that begins later lets the running one run until then; the end names what it displaced", async () => {
    const { site } = await start();
    await set(site, limit(site, "a", 5, { forS: 600, pct: 50 }));
    expect(await set(site, limit(site, "b", 3, { fromS: 20, forS: 30, pct: 10 }))).toEqual({ status: "Accepted" });
    await site.run(10_000);
    expect(floorOf(site)).toBe(-30_000);
    await site.run(10_500);
    expect(floorOf(site)).toBe(-6000);
    await site.run(30_000);
    expect(told(site)).toEqual(["a+", "b+ a", "b- a"]);
    expect(site.site.limits.get(1)).toBe(null);
  });

  test("S7: a better one that begins now takes over at once", async () => {
    const { site } = await start();
    await set(site, limit(site, "a", 5, { forS: 600 }));
    expect(await set(site, limit(site, "b", 3, { fromS: -5, forS: 60 }))).toEqual({
      status: "Accepted",
      supersededIds: ["a"],
    });
    await site.run(1000);
    expect(told(site)).toEqual(["a+", "b+ a"]);
  });

  test("S8, S9: a worse one never begins, an equal one leaves the first in force", async () => {
    const { site } = await start();
    await set(site, limit(site, "a", 3, { forS: 20, pct: 50 }));
    expect(await set(site, limit(site, "b", 5, { fromS: 5, forS: 60 }))).toEqual({
      status: "Accepted",
      supersededIds: ["b"],
    });
    expect(await set(site, limit(site, "c", 3, { forS: 40, pct: 10 }))).toEqual({ status: "Accepted" });
    await site.run(10_000);
    expect(floorOf(site)).toBe(-30_000);
    expect(told(site)).toEqual(["a+"]);
    await site.run(35_000);
    expect(told(site)).toEqual(["a+", "a-", "c+", "c-"]);
  });

  test("S10: the same id replaces, and supersedes nobody", async () => {
    const { site } = await start();
    await set(site, limit(site, "a", 3, { forS: 60, pct: 50 }));
    await set(site, limit(site, "b", 3, { forS: 60, pct: 40 }));
    expect(await set(site, limit(site, "a", 9, { forS: 60, pct: 10 }))).toEqual({ status: "Accepted" });
    expect(await set(site, limit(site, "b", 1, { forS: 60, pct: 20 }))).toEqual({ status: "Accepted" });
    expect(floorOf(site)).toBe(-12_000);
  });

  test("S11: a scheduled one counts while its window lasts, the default after it", async () => {
    const { site } = await start();
    await set(site, limit(site, "rest", 1, { ...asDefault, pct: 80 }));
    expect(await set(site, limit(site, "hour", 9, { fromS: 5, forS: 10, pct: 20 }))).toEqual({ status: "Accepted" });
    const floors: number[] = [];
    for (let i = 0; i < 3; i++) {
      floors.push(floorOf(site));
      await site.run(7000);
    }
    floors.push(floorOf(site));
    expect(floors).toEqual([-48_000, -12_000, -12_000, -48_000]);
    expect(told(site)).toEqual(["hour+", "hour-"]);
  });

  test("S13: kinds do not meddle with each other", async () => {
    const { site, applied } = await start();
    const droop = { priority: 9, overFreq: 60.1, underFreq: 59.9, overDroop: 0.05, underDroop: 0.05, responseTime: 5 };
    await set(site, limit(site, "a", 1, { forS: 60 }));
    expect(
      await set(site, {
        isDefault: false,
        controlId: "d",
        controlType: "FreqDroop",
        freqDroop: { ...droop, duration: 60 },
      }),
    ).toEqual({ status: "Accepted" });
    expect(applied.at(-1)).toEqual(["d", "a"]);
    await site.run(1000);
    expect(told(site)).toEqual(["a+", "d+"]);
  });

  test("S15: a restart forgets nothing, and what began and ended meanwhile is told once", async () => {
    const { site } = await start();
    await set(site, limit(site, "runs", 5, { forS: 600, pct: 50 }));
    await set(site, limit(site, "later", 5, { fromS: 900, forS: 60 }));
    site.station.stop();
    site.link.cut();
    site.link.up = false;
    await site.clock.advance(5000);
    await site.restart();
    expect(floorOf(site)).toBe(-30_000);
    site.station.stop();
    await site.clock.advance(1_000_000);
    site.link.up = true;
    await site.restart();
    await site.run(30_000);
    expect(told(site)).toEqual(["runs+", "runs-", "later+", "later-"]);
    await site.restart();
    await site.run(30_000);
    expect(told(site)).toHaveLength(4);
  });

  test("a start is told within a second of its moment, and nobody is kept waiting by the second that was asked for", async () => {
    const { site } = await start();
    await set(site, limit(site, "a", 5, { fromS: 3600.25, forS: 60 }));
    await site.run(3_602_000, 1000);
    const [start_] = site.sent("NotifyDERStartStop");
    const dueMs = Date.parse(site.sent("BootNotification").length > 0 ? start_!.timestamp : "");
    expect(told(site)).toEqual(["a+"]);
    expect(site.clock.wallMs() - dueMs).toBeLessThan(2000);
  });
});

describe("what is refused", () => {
  const droop = { priority: 1, overFreq: 60.1, underFreq: 59.9, overDroop: 0.05, underDroop: 0.05, responseTime: 5 };
  const curve = { priority: 1, curveData: [{ x: 100, y: 0 }], yUnit: "PctMaxVar" as const };
  const enterService = { priority: 1, highVoltage: 106, lowVoltage: 92, highFreq: 60.1, lowFreq: 59.5 };
  const gradient = { priority: 1, gradient: 10, softGradient: 5 };
  const base = { isDefault: false, controlId: "a" };
  const cases: [title: string, status: string, request: SetControl][] = [
    [
      "a kind that this station has not got (R04.FR.01)",
      "NotSupported",
      { ...base, controlType: "WattPF", curve: { ...curve, yUnit: "Not_Applicable" } },
    ],
    ["no control at all (R04.FR.16)", "Rejected", { ...base, controlType: "FreqDroop" }],
    ["two controls (R04.FR.17)", "Rejected", { ...base, controlType: "FreqDroop", freqDroop: droop, gradient }],
    ["a control of another kind (R04.FR.16)", "Rejected", { ...base, controlType: "VoltVar", freqDroop: droop }],
    [
      "a start that cannot be read",
      "Rejected",
      { ...base, controlType: "FreqDroop", freqDroop: { ...droop, startTime: "2999-01-01T00:00:00Z" } },
    ],
    [
      "a window that is over",
      "Rejected",
      { ...base, controlType: "FreqDroop", freqDroop: { ...droop, startTime: "2020-01-01T00:00:00Z", duration: 5 } },
    ],
    [
      "VoltVar in watts (R04.FR.52)",
      "Rejected",
      { ...base, controlType: "VoltVar", curve: { ...curve, yUnit: "PctMaxW" } },
    ],
    ["VoltWatt in var (R04.FR.53)", "Rejected", { ...base, controlType: "VoltWatt", curve }],
    ["FreqWatt in var (R04.FR.50)", "Rejected", { ...base, controlType: "FreqWatt", curve }],
    ["a trip with a unit (R04.FR.51)", "Rejected", { ...base, controlType: "HVMustTrip", curve }],
    [
      "a default with a window (R04.FR.13)",
      "Rejected",
      { isDefault: true, controlId: "a", controlType: "FreqDroop", freqDroop: { ...droop, duration: 5 } },
    ],
    ["EnterService that is no default (R04.FR.15)", "Rejected", { ...base, controlType: "EnterService", enterService }],
    ["Gradients that are no default (R04.FR.15)", "Rejected", { ...base, controlType: "Gradients", gradient }],
    [
      "what the site may not do",
      "Rejected",
      { ...base, controlId: "beyond", controlType: "FreqDroop", freqDroop: droop },
    ],
    [
      "a limit without a number",
      "Rejected",
      { ...base, controlType: "LimitMaxDischarge", limitMaxDischarge: { priority: 1 } },
    ],
    [
      "a limit with a trip of its own (R04.FR.56)",
      "Rejected",
      {
        ...base,
        controlType: "LimitMaxDischarge",
        limitMaxDischarge: { priority: 1, pctMaxDischargePower: 5, powerMonitoringMustTrip: curve },
      },
    ],
  ];
  test.each(cases)("%s: %s", async (_, status, request) => {
    const { site } = await start();
    const answer = await set(site, request);
    expect(answer.status).toBe(status);
    expect(answer.statusInfo?.reasonCode).toBeTruthy();
    expect(await site.call("GetDERControl", { requestId: 1 })).toEqual({ status: "NotFound" });
  });

  test("where nothing is ever discharged no control is supported", async () => {
    const evse = {
      connectorType: "cCCS2",
      supplyPhases: 3 as const,
      nominalVoltageV: 230,
      maxChargeW: 22_000,
      maxDischargeW: 0,
    };
    const site = await createHarness({ versions: ["2.1"], config: { evses: [evse] }, evses: 1 });
    expect(await set(site, limit(site, "a", 1))).toMatchObject({ status: "NotSupported" });
  });
});

describe("reports and clearing", () => {
  const fill = async (site: Harness, count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await set(site, limit(site, `c${i}`, 5, { fromS: 60 + i, forS: 60 }));
    await set(site, limit(site, "rest", 5, asDefault));
  };
  const reports = async (site: Harness, requestId: number) => {
    await site.run(1000);
    return site.sent("ReportDERControl").filter((one) => one.requestId === requestId);
  };

  test("all, by kind, by id, by default; in parts, all but the last to be continued (R04.FR.30–.37)", async () => {
    const { site } = await start();
    await fill(site, 22);
    expect(await site.call("GetDERControl", { requestId: 1 })).toEqual({ status: "Accepted" });
    const parts = await reports(site, 1);
    expect(parts.map(({ tbc }) => tbc)).toEqual([true, true, undefined]);
    const ids = parts.flatMap(({ limitMaxDischarge = [] }) => limitMaxDischarge.map(({ id }) => id));
    expect(new Set(ids).size).toBe(23);
    expect(await site.call("GetDERControl", { requestId: 2, isDefault: true })).toEqual({ status: "Accepted" });
    expect(await reports(site, 2)).toEqual([
      {
        requestId: 2,
        limitMaxDischarge: [
          {
            id: "rest",
            isDefault: true,
            isSuperseded: false,
            limitMaxDischarge: { priority: 5, pctMaxDischargePower: 50 },
          },
        ],
      },
    ]);
    expect(await site.call("GetDERControl", { requestId: 3, controlId: "c3" })).toEqual({ status: "Accepted" });
    expect(await site.call("GetDERControl", { requestId: 4, controlId: "none" })).toEqual({ status: "NotFound" });
    expect(await site.call("GetDERControl", { requestId: 5, controlType: "FreqDroop" })).toEqual({
      status: "NotFound",
    });
    expect(await site.call("GetDERControl", { requestId: 6, controlType: "WattPF" })).toMatchObject({
      status: "NotSupported",
    });
  });

  test("by id, by kind, all of one sort (R04.FR.41–.46)", async () => {
    const { site } = await start();
    await fill(site, 2);
    const clear = async (request: { isDefault: boolean; controlType?: DerType; controlId?: string }) =>
      (await site.call("ClearDERControl", request)).status;
    expect(await clear({ isDefault: true, controlId: "c0" })).toBe("NotFound");
    expect(await clear({ isDefault: false, controlId: "c0" })).toBe("Accepted");
    expect(await clear({ isDefault: false, controlType: "FreqDroop" })).toBe("NotFound");
    expect(await clear({ isDefault: false, controlType: "WattPF" })).toBe("NotSupported");
    expect(await clear({ isDefault: false, controlType: "LimitMaxDischarge" })).toBe("Accepted");
    expect(floorOf(site)).toBe(-30_000);
    expect(await clear({ isDefault: true })).toBe("Accepted");
    expect(await clear({ isDefault: true })).toBe("Accepted");
    expect(site.site.limits.get(1)).toBe(null);
  });
});

test("a fault of the grid is told when it comes and when it ends (R05)", async () => {
  const { site } = await start();
  site.site.site.gridFault = "over-voltage";
  await site.run(1000);
  site.site.site.gridFault = "";
  await site.run(1000);
  expect(site.sent("NotifyDERAlarm")).toMatchObject([
    { controlType: "HVMustTrip", gridEventFault: "OverVoltage" },
    { controlType: "HVMustTrip", gridEventFault: "OverVoltage", alarmEnded: true },
  ]);
});

test("a backend that speaks 2.0.1 meanwhile is told nothing of it, and the rest goes on", async () => {
  const { site } = await start();
  await set(site, limit(site, "a", 5, { fromS: 10, forS: 60 }));
  site.link.versions = ["2.0.1"];
  site.link.cut();
  await site.run(30_000);
  await site.plug(1);
  await site.present({ idToken: "04A1B2C3", type: "ISO14443" }, 1);
  await site.run(5000);
  expect(told(site)).toEqual([]);
  expect(floorOf(site)).toBe(-30_000);
  expect(site.events().length).toBeGreaterThan(0);
  expect(site.store.queued()).toBe(0);
});

/** Schedules that a vehicle may choose from: offered, waited for with a bound, chosen, and kept to. */
import { describe, expect, it } from "vitest";
import type { Fields } from "../../../../src/protocols/iso15118/sessions/session.ts";
import { type Bench, iso2Bench, iso20Bench } from "./charger.ts";

const schedules = [
  [{ startS: 0, maxW: 9_000 }],
  [
    { startS: 0, maxW: 6_000 },
    { startS: 600, maxW: 90_000 },
  ],
];
const begin = ["SessionSetup", "ServiceDiscovery", "PaymentServiceSelection", "Authorization"];
const upTo = (one: Bench, way: readonly string[]): Bench => {
  for (const step of way) expect(one.send(step).body["ResponseCode"]).toMatch(/^OK/);
  return one;
};
const power = (Value: number): Fields => ({ Multiplier: 0, Unit: "W", Value });
const start = (SAScheduleTupleID: number, ...watts: readonly number[]): Fields => ({
  ChargeProgress: "Start",
  SAScheduleTupleID,
  ChargingProfile: {
    ProfileEntry: watts.map((watt, i) => ({
      ChargingProfileEntryStart: i * 600,
      ChargingProfileEntryMaxPower: power(watt),
    })),
  },
});

describe("ISO 15118-2", () => {
  const ready = () =>
    upTo(iso2Bench("DC_extended", { schedules }), [
      ...begin,
      "ChargeParameterDiscovery",
      "CableCheck",
      "CableCheck",
      "PreCharge",
    ]);

  it("offers each of them, never more than the ratings", () => {
    const one = upTo(iso2Bench("DC_extended", { schedules }), begin);
    const { SAScheduleList } = one.send("ChargeParameterDiscovery").body as {
      SAScheduleList: {
        SAScheduleTuple: { SAScheduleTupleID: number; PMaxSchedule: { PMaxScheduleEntry: Fields[] } }[];
      };
    };
    expect(SAScheduleList.SAScheduleTuple.map(({ SAScheduleTupleID }) => SAScheduleTupleID)).toEqual([1, 2]);
    const [, later] = SAScheduleList.SAScheduleTuple[1]!.PMaxSchedule.PMaxScheduleEntry;
    const { Value, Multiplier } = later!["PMax"] as { Value: number; Multiplier: number };
    expect(Value * 10 ** Multiplier).toBe(60_000);
  });

  it("is asked to come again while they are awaited, for 10 s and no longer", () => {
    const one = upTo(iso2Bench("DC_extended", { scheduleAwaited: true }), begin);
    expect(one.send("ChargeParameterDiscovery").body["EVSEProcessing"]).toBe("Ongoing");
    one.nowMs += 9_000;
    expect(one.send("ChargeParameterDiscovery").body["EVSEProcessing"]).toBe("Ongoing");
    one.nowMs += 1_500;
    expect(one.send("ChargeParameterDiscovery").body["EVSEProcessing"]).toBe("Finished");
  });

  it("tells what was chosen, and answers the loop with it", () => {
    const one = ready();
    expect(one.send("PowerDelivery+", start(2, 5_000, 20_000)).body["ResponseCode"]).toBe("OK");
    expect(one.session.chosen).toEqual({
      tuple: 1,
      entries: [
        { startS: 0, maxW: 5_000 },
        { startS: 600, maxW: 20_000 },
      ],
    });
    expect(one.send("CurrentDemand").body["SAScheduleTupleID"]).toBe(2);
  });

  it.each([
    ["another one than was offered", start(3, 1_000), "FAILED_TariffSelectionInvalid"],
    ["more than it has at its start", start(2, 7_000), "FAILED_ChargingProfileInvalid"],
    ["more than it has later", start(1, 5_000, 9_500), "FAILED_ChargingProfileInvalid"],
  ])("refuses %s", (_, body, code) => {
    const one = ready();
    expect(one.send("PowerDelivery+", body).body["ResponseCode"]).toBe(code);
    expect(one.session.order.phase).toBe("idle");
  });
});

describe("ISO 15118-20, scheduled", () => {
  const rational = (Value: number): Fields => ({ Exponent: 0, Value });
  const begun = ["SessionSetup", "AuthorizationSetup", "Authorization", "ServiceDiscovery", "ServiceSelection"];
  const takes = (SelectedScheduleTupleID: number, watts: number): Fields => ({
    EVProcessing: "Finished",
    ChargeProgress: "Start",
    EVPowerProfile: {
      TimeAnchor: 0,
      EVPowerProfileEntries: { EVPowerProfileEntry: [{ Duration: 300, Power: rational(watts) }] },
      Scheduled_EVPPTControlMode: { SelectedScheduleTupleID },
    },
  });
  const ready = () =>
    upTo(iso20Bench(false, false, { schedules }), [
      ...begun,
      "DC_ChargeParameterDiscovery",
      "ScheduleExchange",
      "DC_CableCheck",
      "DC_CableCheck",
      "DC_PreCharge",
    ]);

  it.each([
    [2, 5_000, "OK"],
    [2, 7_000, "FAILED_EVPowerProfileViolation"],
    [3, 5_000, "FAILED_ScheduleSelectionInvalid"],
  ])("tuple %i with %i W: %s", (tuple, watts, code) => {
    const one = ready();
    expect(one.send("PowerDelivery+", takes(tuple, watts)).body["ResponseCode"]).toBe(code);
  });
});

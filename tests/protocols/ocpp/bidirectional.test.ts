/** OCPP 2.1, block Q with K21, K22 and K28: what a profile may say, what comes of it, and what is refused with which reason. */
import { describe, expect, test } from "vitest";
import type { ChargingProfile, SchedulePeriod } from "../../../src/protocols/ocpp/transport/messages.table.ts";
import { createHarness, type Harness, type HarnessOptions, token } from "./harness.ts";

const start = async (options: HarnessOptions = {}): Promise<Harness> => {
  const site = await createHarness({ evses: 1, versions: ["2.1", "2.0.1"], ...options });
  await site.plug(1);
  await site.present(token(), 1);
  await site.run(500);
  return site;
};

const idOf = (site: Harness): string => site.station.transactions()[0]!.transactionId;

interface Wanted {
  readonly profile?: Partial<ChargingProfile>;
  readonly schedule?: Partial<ChargingProfile["chargingSchedule"][number]>;
  readonly evseId?: number;
}

let ids = 0;
/** A TxProfile with one period from a second ago on; what is wanted otherwise comes on top. */
const profileOf = (site: Harness, period: Partial<SchedulePeriod>, { profile, schedule }: Wanted = {}) => {
  ids += 1;
  const purpose = profile?.chargingProfilePurpose ?? "TxProfile";
  const dynamic = profile?.chargingProfileKind === "Dynamic";
  return {
    id: ids,
    stackLevel: 1,
    chargingProfilePurpose: purpose,
    chargingProfileKind: "Absolute",
    ...(purpose === "TxProfile" && { transactionId: idOf(site) }),
    chargingSchedule: [
      {
        id: ids,
        chargingRateUnit: "W",
        ...(!dynamic && { startSchedule: new Date(site.clock.wallMs() - 1000).toISOString() }),
        chargingSchedulePeriod: [{ startPeriod: 0, ...period }],
        ...schedule,
      },
    ],
    ...profile,
  } as ChargingProfile;
};

const set = async (site: Harness, period: Partial<SchedulePeriod>, wanted: Wanted = {}): Promise<string> => {
  const evseId = wanted.evseId ?? 1;
  const { status, statusInfo } = await site.call("SetChargingProfile", {
    evseId,
    chargingProfile: profileOf(site, period, wanted),
  });
  return status === "Accepted" ? status : (statusInfo?.reasonCode ?? status);
};

const limitOf = (site: Harness) => {
  const { minW, maxW, requestedW } = site.site.limits.get(1) ?? { minW: Number.NaN, maxW: Number.NaN, requestedW: 0 };
  return [minW, maxW, requestedW];
};

const dynamic = { chargingProfileKind: "Dynamic" } as const;
const curve = [
  { frequency: 59.9, power: -6000 },
  { frequency: 60, power: 0 },
  { frequency: 60.1, power: 6000 },
];
const follows = { operationMode: "LocalFrequency", v2xBaseline: -1000, v2xFreqWattCurve: curve } as const;

describe("what each operation mode makes of a period: [least, most, asked] W", () => {
  const inf = Number.POSITIVE_INFINITY;
  const cases: [title: string, period: Partial<SchedulePeriod>, expected: number[], wanted?: Wanted][] = [
    ["no mode is ChargingOnly", { limit: 5000 }, [0, 5000, 5000]],
    ["ChargingOnly with 0 stops charging and never discharges", { operationMode: "ChargingOnly", limit: 0 }, [0, 0, 0]],
    [
      "CentralSetpoint discharges, without a floor of its own",
      { operationMode: "CentralSetpoint", setpoint: -4000 },
      [-inf, inf, -4000],
    ],
    [
      "CentralSetpoint within its limits",
      { operationMode: "CentralSetpoint", setpoint: -4000, limit: 3000, dischargeLimit: -5000 },
      [-5000, 3000, -4000],
    ],
    [
      "CentralFrequency",
      { operationMode: "CentralFrequency", setpoint: 2000 },
      [-inf, inf, 2000],
      { profile: dynamic },
    ],
    [
      "ExternalSetpoint leaves the setpoint to the site",
      { operationMode: "ExternalSetpoint", limit: 7000, dischargeLimit: -2000 },
      [-2000, 7000, Number.NaN],
    ],
    ["ExternalLimits leaves all to the site", { operationMode: "ExternalLimits" }, [-inf, inf, Number.NaN]],
    ["Idle", { operationMode: "Idle" }, [0, 0, 0]],
    ["LocalFrequency: the baseline at nominal frequency", follows, [-inf, inf, -1000]],
    [
      "amperes are for each phase",
      { operationMode: "CentralSetpoint", setpoint: -10 },
      [-inf, inf, -6900],
      { schedule: { chargingRateUnit: "A" } },
    ],
  ];
  for (const [title, period, expected, wanted] of cases)
    test(title, async () => {
      const site = await start();
      expect(await set(site, period, wanted)).toBe("Accepted");
      expect(limitOf(site)).toEqual(expected);
    });

  test("a station's maximum bounds charging and leaves a discharge alone", async () => {
    const site = await start();
    await set(site, { operationMode: "CentralSetpoint", setpoint: 9000 });
    await set(site, { limit: 3000 }, { evseId: 0, profile: { chargingProfilePurpose: "ChargingStationMaxProfile" } });
    expect(limitOf(site)).toEqual([Number.NEGATIVE_INFINITY, 3000, 3000]);
    await set(site, { operationMode: "CentralSetpoint", setpoint: -9000 }, { profile: { stackLevel: 2 } });
    expect(limitOf(site)).toEqual([Number.NEGATIVE_INFINITY, 3000, -9000]);
    expect(site.site.limits.get(0)).toMatchObject({ minW: Number.NEGATIVE_INFINITY, maxW: 3000 });
  });

  test("the composite schedule says it in the words of the version that is spoken", async () => {
    const site = await start();
    await set(site, { operationMode: "CentralSetpoint", setpoint: -4000, limit: 3000 });
    const asked = { evseId: 1, duration: 60 };
    const ofPeriod = async () => (await site.call("GetCompositeSchedule", asked)).schedule?.chargingSchedulePeriod[0];
    expect(await ofPeriod()).toEqual({
      ...{ startPeriod: 0, operationMode: "CentralSetpoint", setpoint: -4000, limit: 3000, dischargeLimit: -60_000 },
    });
    site.link.versions = ["2.0.1"];
    site.link.cut();
    await site.run(20_000);
    expect(await ofPeriod()).toEqual({ startPeriod: 0, limit: -4000 });
  });
});

describe("what is refused, and with which reason", () => {
  const central = { operationMode: "CentralSetpoint", setpoint: -1000 } as const;
  const txDefault: Wanted = { profile: { chargingProfilePurpose: "TxDefaultProfile" } };
  const cases: [title: string, reason: string, period: Partial<SchedulePeriod>, wanted?: Wanted][] = [
    ["LocalLoadBalancing (Q09.FR.01)", "UnsupportedParam", { operationMode: "LocalLoadBalancing" }],
    [
      "a mode that the purpose cannot carry (K01.FR.114)",
      "InvalidOperationMode",
      central,
      { evseId: 0, profile: { chargingProfilePurpose: "ChargingStationMaxProfile" } },
    ],
    ["ChargingOnly without a limit", "InvalidSchedule", { operationMode: "ChargingOnly" }],
    ["ChargingOnly with a setpoint (Q02.FR.02)", "InvalidSchedule", { limit: 5000, setpoint: 1000 }],
    ["ChargingOnly with a discharge limit (Q02.FR.02)", "InvalidSchedule", { limit: 5000, dischargeLimit: -1000 }],
    ["CentralSetpoint without a setpoint", "InvalidSchedule", { operationMode: "CentralSetpoint", limit: 5000 }],
    ["a reactive setpoint", "InvalidSchedule", { ...central, setpointReactive: 100 }],
    [
      "a setpoint above the limit (V2X.05)",
      "InvalidSchedule",
      { operationMode: "CentralSetpoint", setpoint: 6000, limit: 5000 },
    ],
    ["a setpoint below the discharge limit (V2X.05)", "InvalidSchedule", { ...central, dischargeLimit: -500 }],
    ["a negative limit", "InvalidSchedule", { limit: -5000 }],
    [
      "CentralFrequency that is not dynamic (Q07.FR.02)",
      "InvalidSchedule",
      { operationMode: "CentralFrequency", setpoint: 0 },
    ],
    [
      "LocalFrequency without a curve (Q08.FR.03)",
      "NoFreqWattCurve",
      { operationMode: "LocalFrequency", v2xBaseline: 0 },
    ],
    [
      "LocalFrequency without a baseline (Q08.FR.03)",
      "NoFreqWattCurve",
      { operationMode: "LocalFrequency", v2xFreqWattCurve: curve },
    ],
    ["LocalFrequency in amperes (Q08.FR.05)", "UnsupportedRateUnit", follows, { schedule: { chargingRateUnit: "A" } }],
    ["LocalFrequency with a limit (Q08.FR.04)", "InvalidSchedule", { ...follows, limit: 100 }],
    [
      "amounts for each phase in a default profile (V2X.08)",
      "PhaseConflict",
      { ...central, setpoint_L2: -1000, setpoint_L3: -1000 },
      txDefault,
    ],
    [
      "amounts for each phase that the vehicle has not named (V2X.10)",
      "PhaseConflict",
      { ...central, setpoint_L2: -1000, setpoint_L3: -1000 },
    ],
    ["a phase's limit without the plain one (K01.FR.142)", "PhaseConflict", { ...central, limit_L2: 1000 }],
    [
      "local generation (K01.FR.120)",
      "UnsupportedPurpose",
      { limit: 1 },
      { evseId: 0, profile: { chargingProfilePurpose: "LocalGeneration" } },
    ],
    [
      "dynUpdateInterval without Dynamic (K01.FR.122)",
      "InvalidProfile",
      { limit: 1 },
      { profile: { dynUpdateInterval: 5 } },
    ],
    [
      "a dynamic profile with two periods (K28.FR.02)",
      "InvalidSchedule",
      {},
      {
        profile: dynamic,
        schedule: {
          chargingSchedulePeriod: [
            { startPeriod: 0, limit: 1 },
            { startPeriod: 5, limit: 2 },
          ],
        },
      },
    ],
    ["local time (K01.FR.123)", "InvalidSchedule", { limit: 1 }, { schedule: { useLocalTime: true } }],
    ["a random delay (K01.FR.124)", "InvalidSchedule", { limit: 1 }, { schedule: { randomizedDelay: 5 } }],
    [
      "a limit at a state of charge (K01.FR.125)",
      "InvalidSchedule",
      { limit: 1 },
      { schedule: { limitAtSoC: { soc: 80, limit: 1 } } },
    ],
    ["sleep (K01.FR.126)", "InvalidSchedule", { operationMode: "Idle", evseSleep: true }],
    [
      "priority charging with a duration (K01.FR.70)",
      "InvalidSchedule",
      { limit: 1 },
      { profile: { chargingProfilePurpose: "PriorityCharging" }, schedule: { duration: 60 } },
    ],
  ];
  test.each(cases)("%s: %s", async (_, reason, period, wanted) => {
    const site = await start();
    expect(await set(site, period, wanted)).toBe(reason);
    expect(site.site.limits.get(1)).toBe(null);
  });

  test("a discharge without a permit is refused, in a profile and in an update: nothing changes", async () => {
    const site = await start();
    site.site.site.permitValid = false;
    site.site.site.explanation = "";
    for (const period of [central, { operationMode: "ExternalSetpoint", dischargeLimit: -1 } as const, follows])
      expect(await set(site, period)).toBe("NoPermit");
    expect(
      await set(site, { operationMode: "CentralSetpoint", setpoint: 1000 }, { profile: { ...dynamic, id: 77 } }),
    ).toBe("Accepted");
    const answer = await site.call("UpdateDynamicSchedule", {
      chargingProfileId: 77,
      scheduleUpdate: { setpoint: -1000 },
    });
    expect(answer).toMatchObject({ status: "Rejected", statusInfo: { reasonCode: "NoPermit" } });
    expect(limitOf(site)[2]).toBe(1000);
  });

  test("a negative limit is a discharge on a connection of 2.0.1", async () => {
    const site = await start({ versions: ["2.0.1"] });
    expect(await set(site, { limit: -5000 })).toBe("Accepted");
    expect(limitOf(site)).toEqual([-5000, 0, -5000]);
  });
});

describe("dynamic schedules (K28)", () => {
  const begin = async (period: Partial<SchedulePeriod>, wanted: Wanted = {}): Promise<Harness> => {
    const site = await start();
    expect(await set(site, period, { ...wanted, profile: { ...dynamic, id: 7, ...wanted.profile } })).toBe("Accepted");
    return site;
  };
  const update = (site: Harness, scheduleUpdate: object, chargingProfileId = 7) =>
    site.call("UpdateDynamicSchedule", { chargingProfileId, scheduleUpdate });

  test("what is given replaces, what is absent stays, and the last of a burst counts", async () => {
    const site = await begin({ operationMode: "CentralSetpoint", setpoint: -1000, limit: 5000 });
    for (const setpoint of [-2000, -3000, 4000])
      expect(await update(site, { setpoint })).toEqual({ status: "Accepted" });
    expect(limitOf(site)).toEqual([Number.NEGATIVE_INFINITY, 5000, 4000]);
    expect(await update(site, { dischargeLimit: -2500 })).toEqual({ status: "Accepted" });
    expect(limitOf(site)).toEqual([-2500, 5000, 4000]);
  });

  test("an update that breaks the rules of its mode, or that names no dynamic profile, changes nothing (K28.FR.11)", async () => {
    const site = await begin({ operationMode: "CentralSetpoint", setpoint: -1000, limit: 5000 });
    expect(await update(site, { setpoint: 6000 })).toMatchObject({ statusInfo: { reasonCode: "InvalidSchedule" } });
    expect(await update(site, { setpoint: 0 }, 8)).toMatchObject({ statusInfo: { reasonCode: "InvalidProfile" } });
    expect(limitOf(site)[2]).toBe(-1000);
  });

  test("its duration is a lease: it lapses, and an empty update brings it back (K28.FR.09, .13)", async () => {
    const site = await begin({ operationMode: "CentralSetpoint", setpoint: -1000 }, { schedule: { duration: 10 } });
    await site.run(8000);
    expect(await update(site, {})).toEqual({ status: "Accepted" });
    await site.run(8000);
    expect(limitOf(site)[2]).toBe(-1000);
    await site.run(3000);
    expect(site.site.limits.get(1)).toBe(null);
    await update(site, {});
    expect(limitOf(site)[2]).toBe(-1000);
  });

  test("the backend is asked for what is due, at its interval and not more often (K28.FR.10)", async () => {
    const site = await begin(
      { operationMode: "CentralSetpoint", setpoint: -1000 },
      { profile: { dynUpdateInterval: 5 } },
    );
    site.core.answers.PullDynamicScheduleUpdate = () => ({ status: "Accepted", scheduleUpdate: { setpoint: -1500 } });
    await site.run(11_000);
    expect(site.sent("PullDynamicScheduleUpdate")).toEqual([{ chargingProfileId: 7 }, { chargingProfileId: 7 }]);
    expect(limitOf(site)[2]).toBe(-1500);
  });

  test("it counts over a restart, with the age that it has", async () => {
    const site = await begin({ operationMode: "CentralSetpoint", setpoint: -1000 }, { schedule: { duration: 60 } });
    await site.restart();
    await site.run(3000);
    expect(limitOf(site)[2]).toBe(-1000);
    await site.run(60_000);
    expect(site.site.limits.get(1)).toBe(null);
  });

  test.each([
    [false, "comes back with the connection", -1000],
    [true, "is gone for good", Number.NaN],
  ])(
    "offline for longer than it allows, the next profile counts; with invalidAfterOfflineDuration %s it %s",
    async (gone, _, later) => {
      const site = await start();
      const limits = { maxOfflineDuration: 30, invalidAfterOfflineDuration: gone };
      await set(site, { limit: 2000 }, { profile: { stackLevel: 0 } });
      await set(site, { operationMode: "CentralSetpoint", setpoint: -1000 }, { profile: limits });
      site.link.up = false;
      site.link.cut();
      await site.run(25_000);
      expect(limitOf(site)[2]).toBe(-1000);
      await site.run(10_000);
      expect(limitOf(site)[2]).toBe(2000);
      site.link.up = true;
      await site.run(60_000);
      expect(limitOf(site)[2]).toBe(gone ? 2000 : later);
    },
  );
});

describe("frequency and signals (Q08)", () => {
  const signals = [
    { signal: -10, power: -2000 },
    { signal: 10, power: 2000 },
  ];

  test("the setpoint follows the frequency along its curve, flat beyond the ends; unknown is nothing", async () => {
    const site = await start();
    await set(site, follows);
    const at = async (frequencyHz: number): Promise<number> => {
      site.site.evses[0]!.frequencyHz = frequencyHz;
      await site.run(500);
      return Math.round(limitOf(site)[2]!);
    };
    expect(await at(59.95)).toBe(-4000);
    expect(await at(61)).toBe(5000);
    expect(await at(59)).toBe(-7000);
    expect(await at(Number.NaN)).toBe(0);
  });

  test("a signal is added while the connection that brought it lasts; without a curve for it it is refused", async () => {
    const site = await start();
    const timestamp = new Date(site.clock.wallMs()).toISOString();
    const tell = (signal: number) => site.call("AFRRSignal", { timestamp, signal });
    expect(await tell(5)).toMatchObject({ status: "Rejected", statusInfo: { reasonCode: "NoSignalWattCurve" } });
    await set(site, { ...follows, v2xSignalWattCurve: signals });
    expect(await tell(5)).toEqual({ status: "Accepted" });
    expect(limitOf(site)[2]).toBe(0);
    site.link.cut();
    await site.run(500);
    expect(limitOf(site)[2]).toBe(-1000);
  });
});

describe("priority charging (K21, K22)", () => {
  const asked = (site: Harness, activate: boolean) =>
    site.call("UsePriorityCharging", { transactionId: idOf(site), activate });

  test("its profile replaces the transaction's own while it is on, also over a restart", async () => {
    const site = await start();
    await set(site, { operationMode: "CentralSetpoint", setpoint: -3000 });
    expect(await asked(site, true)).toEqual({ status: "NoProfile" });
    await set(site, { limit: 9000 }, { profile: { chargingProfilePurpose: "PriorityCharging" } });
    expect(limitOf(site)[2]).toBe(-3000);
    expect(await asked(site, true)).toEqual({ status: "Accepted" });
    expect(limitOf(site)).toEqual([0, 9000, 9000]);
    await site.restart();
    await site.run(1000);
    expect(limitOf(site)).toEqual([0, 9000, 9000]);
    expect(await asked(site, false)).toEqual({ status: "Accepted" });
    expect(limitOf(site)[2]).toBe(-3000);
    const unknown = { transactionId: "none", activate: true };
    expect(await site.call("UsePriorityCharging", unknown)).toMatchObject({ status: "Rejected" });
  });

  test("somebody at the site who has a vehicle charged first is told, and when that ends", async () => {
    const site = await start();
    site.site.evses[0]!.chargesNow = true;
    await site.run(1000);
    site.site.evses[0]!.chargesNow = false;
    await site.run(1000);
    const transactionId = idOf(site);
    expect(site.sent("NotifyPriorityCharging")).toEqual([
      { transactionId, activated: true },
      { transactionId, activated: false },
    ]);
  });
});

describe("who may discharge (Q01, Q02)", () => {
  test("a driver who is allowed charging only gives nothing, whatever a profile asks for", async () => {
    const site = await createHarness({ evses: 1, versions: ["2.1"] });
    site.core.answers.Authorize = () => ({ idTokenInfo: { status: "Accepted" }, allowedEnergyTransfer: ["DC"] });
    await site.plug(1);
    await site.present(token(), 1);
    await set(site, { operationMode: "CentralSetpoint", setpoint: -3000 });
    expect(limitOf(site)).toEqual([0, Number.POSITIVE_INFINITY, 0]);
  });

  test("V2X that is switched off at an EVSE gives nothing, and gives again when it is switched on", async () => {
    const site = await start();
    await set(site, { operationMode: "CentralSetpoint", setpoint: -3000 });
    const enable = async (attributeValue: string): Promise<void> => {
      const component = { name: "V2XChargingCtrlr", evse: { id: 1 } };
      const { setVariableResult } = await site.call("SetVariables", {
        setVariableData: [{ component, variable: { name: "Enabled" }, attributeValue }],
      });
      expect(setVariableResult[0]).toMatchObject({ attributeStatus: "Accepted" });
      await site.run(500);
    };
    await enable("false");
    expect(limitOf(site)[2]).toBe(0);
    const answer = await site.call("NotifyAllowedEnergyTransfer", {
      transactionId: idOf(site),
      allowedEnergyTransfer: ["DC_BPT"],
    });
    expect(answer).toMatchObject({ status: "Rejected", statusInfo: { reasonCode: "InvalidValue" } });
    await enable("true");
    expect(limitOf(site)[2]).toBe(-3000);
  });

  test("each EVSE says what it can do (Q01.FR.30)", async () => {
    const site = await start();
    const read = async (component: string, variable: string): Promise<string | undefined> => {
      const asked = { component: { name: component, evse: { id: 1 } }, variable: { name: variable } };
      const { getVariableResult } = await site.call("GetVariables", { getVariableData: [asked] });
      return getVariableResult[0]?.attributeValue;
    };
    expect(await read("ISO15118Ctrlr", "Enabled")).toBe("true");
    expect(await read("V2XChargingCtrlr", "SupportedEnergyTransferModes")).toBe("DC,DC_BPT");
    expect(await read("V2XChargingCtrlr", "SupportedOperationModes")).toMatch(/^ChargingOnly,CentralSetpoint,/);
    expect(await read("DCDERCtrlr", "ModesSupported")).toBe("LimitMaxDischarge");
  });

  test("an allowance during a session is refused: no session here renegotiates", async () => {
    const site = await start();
    const allow = (transactionId: string) =>
      site.call("NotifyAllowedEnergyTransfer", { transactionId, allowedEnergyTransfer: ["DC_BPT"] });
    expect(await allow("none")).toMatchObject({ status: "Rejected", statusInfo: { reasonCode: "InvalidValue" } });
    expect(await allow(idOf(site))).toMatchObject({
      status: "Rejected",
      statusInfo: { reasonCode: "UnsupportedRequest" },
    });
  });

  test.each([
    [
      "2.1",
      { requestedEnergyTransfer: "DC_BPT", availableEnergyTransfer: ["DC", "DC_BPT"], controlMode: "DynamicControl" },
    ],
    ["2.0.1", { requestedEnergyTransfer: "DC" }],
  ] as const)("needs of a vehicle that gives back, in the words of %s (Q01.FR.03)", async (version, words) => {
    const site = await start({ versions: [version] });
    const power = { maxChargePower: 50_000, maxDischargePower: 10_000 };
    const needs = {
      requestedEnergyTransfer: "DC",
      controlMode: "DynamicControl",
      v2xChargingParameters: power,
    } as const;
    void site.station.iso15118.negotiate(1, needs);
    await site.run(1000);
    const [told] = site.sent("NotifyEVChargingNeeds");
    const more = version === "2.1" ? { v2xChargingParameters: power } : {};
    expect(told).toEqual({ evseId: 1, chargingNeeds: { ...words, ...more } });
  });

  test("each change of the mode is told, with the mode in every event from then on", async () => {
    const site = await start();
    await set(site, { operationMode: "CentralSetpoint", setpoint: -3000 });
    await set(site, { operationMode: "Idle" }, { profile: { stackLevel: 2 } });
    await site.run(1000);
    const told = site.events().filter(({ triggerReason }) => triggerReason === "OperationModeChanged");
    expect(told.map(({ transactionInfo }) => transactionInfo.operationMode)).toEqual(["CentralSetpoint", "Idle"]);
    await site.restart();
    await site.run(2000);
    expect(site.events().filter(({ triggerReason }) => triggerReason === "OperationModeChanged")).toHaveLength(2);
    await site.unplug(1);
    expect(site.events().at(-1)?.transactionInfo).toMatchObject({ operationMode: "Idle" });
  });
});

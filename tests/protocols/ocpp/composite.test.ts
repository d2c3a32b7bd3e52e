import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compositeSteps, finish, type ScheduleContext } from "../../../src/protocols/ocpp/smart-charging/composite.ts";
import type { InstalledProfile } from "../../../src/protocols/ocpp/smart-charging/profile-stack.ts";
import { createZone } from "../../../src/protocols/ocpp/smart-charging/timezone.ts";
import type { ChargingProfile, RateUnit } from "../../../src/protocols/ocpp/transport/messages.table.ts";

/*
 * A second, naive reading of the rules: for every second, every profile is asked anew, local times are found by walking
 * through minutes with the runtime's calendar. It shares nothing with the implementation but the profiles.
 */
const localText = new Map<string, Intl.DateTimeFormat>();
function localOf(ms: number, timeZone: string): string {
  let format = localText.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
    localText.set(timeZone, format);
  }
  return format.format(ms);
}

const walked = new Map<string, number>();
/** First minute of UTC at which local clocks show `text` (date and time) or later. */
function naiveUtc(text: string, timeZone: string): number {
  const key = `${timeZone} ${text}`;
  const known = walked.get(key);
  if (known !== undefined) return known;
  const aroundMs = Date.parse(`${text.replace(" ", "T")}Z`);
  let ms = aroundMs - 15 * 3_600_000;
  while (localOf(ms, timeZone) < text) ms += 60_000;
  walked.set(key, ms);
  return ms;
}

function naiveStart(
  profile: ChargingProfile,
  schedule: ChargingProfile["chargingSchedule"][number],
  t: number,
  transactionStartMs: number,
  timeZone: string,
): number | null {
  if (profile.chargingProfileKind === "Relative") return t >= transactionStartMs ? transactionStartMs : null;
  const first = Date.parse(schedule.startSchedule!);
  if (t < first) return null;
  if (profile.chargingProfileKind === "Absolute") return first;
  const days = profile.recurrencyKind === "Weekly" ? 7 : 1;
  const [date, time] = localOf(first, timeZone).split(" ") as [string, string];
  let start = first;
  for (let k = 1; k < 400; k++) {
    const day = new Date(Date.parse(`${date}T00:00:00Z`) + k * days * 86_400_000).toISOString().slice(0, 10);
    const next = naiveUtc(`${day} ${time}`, timeZone);
    if (next > t) break;
    start = next;
  }
  return start;
}

function naiveProfile(
  { profile }: InstalledProfile,
  t: number,
  context: ScheduleContext,
  timeZone: string,
): number | null {
  if (profile.validFrom && t < Date.parse(profile.validFrom)) return null;
  if (profile.validTo && t >= Date.parse(profile.validTo)) return null;
  const schedule = profile.chargingSchedule[0]!;
  const start = naiveStart(profile, schedule, t, context.transactionStartMs, timeZone);
  if (start === null) return null;
  const offsetS = (t - start) / 1000;
  if (schedule.duration !== undefined && offsetS >= schedule.duration) return null;
  const period = schedule.chargingSchedulePeriod.findLast((one) => one.startPeriod <= offsetS);
  if (period?.limit === undefined) return null;
  return schedule.chargingRateUnit === "W"
    ? period.limit
    : period.limit * 230 * Math.min(period.numberPhases ?? context.supplyPhases, context.supplyPhases);
}

function naiveLimitW(profiles: InstalledProfile[], t: number, context: ScheduleContext, timeZone: string): number {
  const of = (purpose: string): number | null => {
    const own = profiles
      .filter(
        (one) => one.profile.chargingProfilePurpose === purpose && (one.evseId === 0 || one.evseId === context.evseId),
      )
      .map((one) => ({
        limit: naiveProfile(one, t, context, timeZone),
        level: one.profile.stackLevel,
        evseId: one.evseId,
      }))
      .filter((one) => one.limit !== null)
      .sort((a, b) => b.level - a.level || b.evseId - a.evseId);
    return own[0]?.limit ?? null;
  };
  const transaction = (context.transactionId === null ? null : of("TxProfile")) ?? of("TxDefaultProfile");
  const all = [of("ChargingStationMaxProfile"), of("ChargingStationExternalConstraints"), transaction].filter(
    (limit) => limit !== null,
  );
  const limit = all.length === 0 ? context.maxChargeW : Math.min(...all);
  return Math.max(Math.min(limit, context.maxChargeW), -context.maxDischargeW);
}

/** More on request: `RUNS=500 vitest run tests/protocols/ocpp/composite.test.ts`. */
const runs = Number(process.env["RUNS"] ?? 20);

const zones = ["UTC", "America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"];
/** Around changes of daylight saving in those zones, and an ordinary day. */
const moments = [
  "2026-03-08T09:00:00Z",
  "2026-11-01T08:00:00Z",
  "2026-03-29T00:00:00Z",
  "2026-10-25T00:00:00Z",
  "2026-04-04T14:00:00Z",
  "2026-10-03T15:00:00Z",
  "2026-06-15T12:00:00Z",
].map((text) => Date.parse(text));

const minuteMs = 60_000;
const dayS = 86_400;
const iso = (ms: number): string => new Date(ms).toISOString();

const profileOf = (aroundMs: number, id: number): fc.Arbitrary<InstalledProfile> =>
  fc
    .record({
      purpose: fc.constantFrom(
        "TxProfile" as const,
        "TxDefaultProfile" as const,
        "ChargingStationMaxProfile" as const,
        "ChargingStationExternalConstraints" as const,
      ),
      kind: fc.constantFrom("Absolute" as const, "Recurring" as const, "Relative" as const),
      recurrencyKind: fc.constantFrom("Daily" as const, "Weekly" as const),
      level: fc.integer({ min: 0, max: 3 }),
      everywhere: fc.boolean(),
      startMinutes: fc.integer({ min: -3 * 24 * 60, max: 8 * 60 }),
      unit: fc.constantFrom<RateUnit>("W", "A"),
      duration: fc.option(fc.integer({ min: 1, max: dayS + 3_600 }), { nil: undefined }),
      gaps: fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 4 }),
      limits: fc.array(fc.integer({ min: -400, max: 400 }), { minLength: 5, maxLength: 5 }),
      phases: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      from: fc.option(fc.integer({ min: -7_200, max: 7_200 }), { nil: undefined }),
      to: fc.option(fc.integer({ min: 0, max: 14_400 }), { nil: undefined }),
    })
    .map((r) => {
      let startPeriod = 0;
      const starts = [0, ...r.gaps.map((gap) => (startPeriod += gap))];
      const factor = r.unit === "W" ? 100 : 0.1;
      const profile: ChargingProfile = {
        id,
        stackLevel: r.level,
        chargingProfilePurpose: r.purpose,
        chargingProfileKind: r.kind,
        ...(r.kind === "Recurring" && { recurrencyKind: r.recurrencyKind }),
        ...(r.from !== undefined && { validFrom: iso(aroundMs + r.from * 1000) }),
        ...(r.to !== undefined && { validTo: iso(aroundMs + r.to * 1000) }),
        chargingSchedule: [
          {
            id,
            chargingRateUnit: r.unit,
            ...(r.kind !== "Relative" && { startSchedule: iso(aroundMs + r.startMinutes * minuteMs) }),
            ...(r.duration !== undefined && { duration: r.duration }),
            chargingSchedulePeriod: starts.map((start, index) => ({
              startPeriod: start,
              limit: r.limits[index]! * factor,
              ...(r.phases !== undefined && { numberPhases: r.phases }),
            })),
          },
        ],
      };
      const station = r.purpose === "ChargingStationMaxProfile" || r.purpose === "ChargingStationExternalConstraints";
      return { evseId: station || (r.everywhere && r.purpose === "TxDefaultProfile") ? 0 : 1, profile };
    });

const stack = fc.constantFrom(...moments).chain((aroundMs) =>
  fc.record({
    aroundMs: fc.constant(aroundMs),
    profiles: fc
      .integer({ min: 1, max: 6 })
      .chain((n) => fc.tuple(...Array.from({ length: n }, (_, i) => profileOf(aroundMs, i + 1)))),
    timeZone: fc.constantFrom(...zones),
    unit: fc.constantFrom<RateUnit>("W", "A"),
    supplyPhases: fc.constantFrom(1, 3),
    running: fc.boolean(),
  }),
);

describe("composite schedules", () => {
  test("agree, second by second, with a naive reading of the rules", () => {
    fc.assert(
      fc.property(stack, ({ aroundMs, profiles, timeZone, unit, supplyPhases, running }) => {
        const context: ScheduleContext = {
          evseId: 1,
          supplyPhases,
          nominalVoltageV: 230,
          maxChargeW: 60_000,
          maxDischargeW: 30_000,
          transactionId: running ? "t" : null,
          sharers: 1,
          transactionStartMs: aroundMs - 1_800_000,
          zone: createZone(timeZone),
        };
        const durationS = 3 * 3_600;
        const unique = profiles.filter(
          (one, i) =>
            !profiles
              .slice(0, i)
              .some(
                (other) =>
                  other.evseId === one.evseId &&
                  other.profile.stackLevel === one.profile.stackLevel &&
                  other.profile.chargingProfilePurpose === one.profile.chargingProfilePurpose,
              ),
        );
        const { periods } = finish(compositeSteps(unique, aroundMs, durationS, unit, context));
        let index = 0;
        for (let second = 0; second < durationS; second++) {
          while (periods[index + 1] && periods[index + 1]!.startPeriod <= second) index += 1;
          const period = periods[index]!;
          const expectedW = naiveLimitW(unique, aroundMs + second * 1000, context, timeZone);
          const factor = unit === "W" ? 1 : 230 * Math.min(period.numberPhases ?? supplyPhases, supplyPhases);
          if (Math.abs(period.limit - expectedW / factor) > 0.1 + 1e-6)
            throw new Error(`at ${second} s: ${period.limit} ${unit}, expected ${expectedW / factor}`);
        }
      }),
      { numRuns: runs },
    );
  }, 120_000);

  test("recur at the same local time on every day around a change of daylight saving", () => {
    const changes = [
      ["America/Los_Angeles", "2026-03-08T10:00:00Z"],
      ["America/Los_Angeles", "2026-11-01T09:00:00Z"],
      ["Europe/Berlin", "2026-03-29T01:00:00Z"],
      ["Europe/Berlin", "2026-10-25T01:00:00Z"],
      ["Australia/Lord_Howe", "2026-10-03T15:30:00Z"],
    ] as const;
    const recurring = fc.record({
      change: fc.constantFrom(...changes),
      weekly: fc.boolean(),
      firstMinutes: fc.integer({ min: -8 * 24 * 60, max: -60 }),
      windowHours: fc.integer({ min: -30, max: 20 }),
      durationMinutes: fc.integer({ min: 30, max: 12 * 60 }),
      stepMinutes: fc.integer({ min: 10, max: 300 }),
    });
    fc.assert(
      fc.property(
        recurring,
        ({ change: [timeZone, at], weekly, firstMinutes, windowHours, durationMinutes, stepMinutes }) => {
          const changeMs = Date.parse(at);
          const installed: InstalledProfile = {
            evseId: 1,
            profile: {
              id: 1,
              stackLevel: 0,
              chargingProfilePurpose: "TxDefaultProfile",
              chargingProfileKind: "Recurring",
              recurrencyKind: weekly ? "Weekly" : "Daily",
              chargingSchedule: [
                {
                  id: 1,
                  chargingRateUnit: "W",
                  startSchedule: iso(changeMs + firstMinutes * minuteMs),
                  duration: durationMinutes * 60,
                  chargingSchedulePeriod: [
                    { startPeriod: 0, limit: 1000 },
                    { startPeriod: stepMinutes * 60, limit: 2000 },
                  ],
                },
              ],
            },
          };
          const context: ScheduleContext = {
            evseId: 1,
            supplyPhases: 3,
            nominalVoltageV: 230,
            maxChargeW: 60_000,
            maxDischargeW: 0,
            transactionId: null,
            sharers: 1,
            transactionStartMs: changeMs,
            zone: createZone(timeZone),
          };
          const startMs = changeMs + windowHours * 3_600_000;
          const { periods } = finish(compositeSteps([installed], startMs, dayS, "W", context));
          let index = 0;
          for (let second = 0; second < dayS; second += 60) {
            while (periods[index + 1] && periods[index + 1]!.startPeriod <= second) index += 1;
            expect(`${second} ${periods[index]!.limit}`).toBe(
              `${second} ${naiveLimitW([installed], startMs + second * 1000, context, timeZone)}`,
            );
          }
        },
      ),
      { numRuns: runs },
    );
  }, 120_000);

  const zone = createZone("America/Los_Angeles");
  test.each([
    ["a time that is left out begins at the change", "2026-03-08T02:30:00Z", "2026-03-08T10:00:00Z"],
    ["a time that comes twice counts the first time", "2026-11-01T01:30:00Z", "2026-11-01T08:30:00Z"],
    ["an ordinary time", "2026-06-15T12:00:00Z", "2026-06-15T19:00:00Z"],
  ])("local time: %s", (_, local, utc) => {
    expect(new Date(zone.utcOf(Date.parse(local))).toISOString()).toBe(new Date(utc).toISOString());
  });
});

/** Processor time of this thread: what else the machine does is not counted. */
const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

describe("work without surprises", () => {
  const context: ScheduleContext = {
    evseId: 1,
    supplyPhases: 3,
    nominalVoltageV: 230,
    maxChargeW: 60_000,
    maxDischargeW: 30_000,
    transactionId: null,
    sharers: 1,
    transactionStartMs: 0,
    zone: createZone("Europe/Berlin"),
  };
  const startMs = Date.parse("2026-06-15T00:00:00Z");
  const daily = (
    id: number,
    periods: number,
    stepS: number,
    rest: Partial<ChargingProfile> = {},
  ): InstalledProfile => ({
    evseId: 0,
    profile: {
      id,
      stackLevel: id % 100,
      chargingProfilePurpose: "TxDefaultProfile",
      chargingProfileKind: "Recurring",
      recurrencyKind: "Daily",
      chargingSchedule: [
        {
          id,
          chargingRateUnit: "W",
          startSchedule: iso(startMs - dayS * 1000 + id * 700_000),
          duration: periods * stepS,
          chargingSchedulePeriod: Array.from({ length: periods }, (_, i) => ({
            startPeriod: i * stepS,
            limit: 5_000 + (i % 7) * 1_000,
          })),
        },
      ],
      ...rest,
    },
  });
  const stack = Array.from({ length: 100 }, (_, i) => daily(i + 1, 1_024, 7));
  /** A lower station maximum hides every change, so that nothing cuts the schedule short. */
  const hidden = [
    ...stack,
    daily(200, 1, dayS, {
      chargingProfilePurpose: "ChargingStationMaxProfile",
      chargingProfileKind: "Absolute",
      chargingSchedule: [
        {
          id: 200,
          chargingRateUnit: "W",
          startSchedule: iso(startMs),
          chargingSchedulePeriod: [{ startPeriod: 0, limit: 1_000 }],
        },
      ],
    }),
  ];

  test.each([
    ["all changes shown", stack],
    ["all changes hidden below a lower maximum", hidden],
  ])("100 profiles of 1,024 periods over 32 days: %s", (_, profiles) => {
    const startedMs = cpuMs();
    const { periods, durationS } = finish(compositeSteps(profiles, startMs, 32 * dayS, "W", context));
    expect(cpuMs() - startedMs).toBeLessThan(1_000);
    expect(periods.length).toBeLessThanOrEqual(1_024);
    expect(durationS).toBe(profiles === hidden ? 32 * dayS : durationS);
  });

  test("a schedule that is cut short says so: it ends where its last period is known to", () => {
    const { periods, durationS } = finish(compositeSteps(stack, startMs, 32 * dayS, "W", context));
    expect(periods.length).toBe(1_024);
    expect(durationS).toBeLessThan(32 * dayS);
    for (const second of [0, 1_000, durationS - 1]) {
      const period = periods.findLast((one) => one.startPeriod <= second)!;
      expect(period.limit).toBe(naiveLimitW(stack, startMs + second * 1_000, context, "Europe/Berlin"));
    }
  });

  test("no step is long, so that whoever drives them can do other work in between", () => {
    const steps = compositeSteps(hidden, startMs, 32 * dayS, "W", context);
    const tookMs: number[] = [];
    for (let done = false; !done; ) {
      const fromMs = cpuMs();
      done = steps.next().done ?? false;
      tookMs.push(cpuMs() - fromMs);
    }
    tookMs.sort((a, b) => a - b);
    expect(tookMs.length).toBeGreaterThan(100);
    expect(tookMs[Math.floor(tookMs.length * 0.99)]).toBeLessThan(5);
  });
});

/**
 * `npm run -s bench -- planning-week`: days that are planned anew at each slot with the product's own forecasts, problem and planner,
 * and driven with what really comes: load and PV of the shared series, buses that are early or late and have used more or less. Beside
 * them charging at once, and the optimum of somebody who knew all of it, and how wrong the predicted charge at departure was. Vehicles
 * tell whole percents, and their efficiency is not quite what was entered. `--depots 0,1` by number, `--seeds N` (default 5) from
 * `--first N` (default 1) on, `--days N` (default 7).
 */
import { parseArgs } from "node:util";
import { Random } from "../sim/random.ts";
import { buildProblem, type FormerPlan } from "../src/app/planning/build-problem.ts";
import { type SituatedEvse, type Situation, slotMs } from "../src/app/planning/situation.ts";
import { localDay, startOfDayMs } from "../src/domain/calendar.ts";
import { dayMs, hourMs } from "../src/domain/units.ts";
import { forecastLoad } from "../src/forecast/load.ts";
import type { PastDay } from "../src/forecast/past-days.ts";
import { forecastPv } from "../src/forecast/pv.ts";
import { solveByLevel } from "../src/planning/lp/by-level.ts";
import { curtailedOf, powersOf } from "../src/planning/lp/flows.ts";
import { formulate } from "../src/planning/lp/formulation.ts";
import type { LpSolver } from "../src/planning/lp/linear-programme.ts";
import { leastCurtailment, type Outcome, outcomeOf } from "../src/planning/outcome.ts";
import { Planner } from "../src/planning/planner.ts";
import { chargeable, energyAfter, type PlanningProblem, type PlanningStay } from "../src/planning/problem.ts";
import { createHighsSolver } from "../src/planning/solver/highs.ts";
import { calendar, officeDays, pvDays } from "./lib/forecast-trials.ts";
import { chargeAtOnce } from "./lib/planner-baselines.ts";
import { capacityWh, chargerW, type Depot, type DepotWeek, depots, depotWeek } from "./lib/planning-depots.ts";
import type { BenchOptions, BenchResult, Figure } from "./main.ts";

const slotsOfDay = 96;
const hours = slotMs / hourMs;
/** Needed for a forecast before the first day. */
const firstDay = 10;
/** Days of June on which a week can begin; further seeds begin again on the first of them, with other buses. */
const beginnings = 12;

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      depots: { type: "string" },
      seeds: { type: "string" },
      first: { type: "string" },
      days: { type: "string" },
    },
    strict: false,
  });
  const chosen = String(values["depots"] ?? depots.map((_, i) => i).join(","))
    .split(",")
    .map((text) => depots[Number(text)])
    .filter((depot) => depot !== undefined);
  const seeds = Number(values["seeds"] ?? 5);
  const firstSeed = Number(values["first"] ?? 1);
  const days = Number(values["days"] ?? 7);
  const predicted: Record<AheadH, number[]> = { 1: [], 6: [] };
  const solver = await createHighsSolver();
  const shares: number[] = [];
  const times: number[] = [];
  const figures: Figure[] = [];
  let missed = 0;
  let broken = 0;
  for (const depot of chosen) {
    for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
      const result = oneWeek(solver, depot, seed, days);
      for (const ahead of aheadH) predicted[ahead].push(...result.errorPct[ahead]);
      shares.push(result.share);
      times.push(...result.replanMs);
      missed += result.missed;
      broken += result.broken;
      say(
        `${depot.name}, seed ${seed}: ${result.atOnce.toFixed(0)} at once, ${result.driven.toFixed(0)} driven, ${result.optimum.toFixed(0)} at best: ${(100 * result.share).toFixed(1)} %; ${result.missed} missed, ${result.broken} beyond a limit`,
      );
      figures.push({
        name: `${depot.name}, seed ${seed}: share of the possible saving`,
        value: result.share,
        unit: "",
      });
    }
  }
  const sorted = [...times].sort((a, b) => a - b);
  return {
    name: "planning-week",
    figures: [
      ...figures,
      {
        name: "share of the possible saving, mean",
        value: shares.reduce((sum, one) => sum + one, 0) / shares.length,
        unit: "",
      },
      { name: "share of the possible saving, lowest", value: Math.min(...shares), unit: "" },
      { name: "departures missed that could be kept", value: missed, unit: "departures" },
      { name: "slots beyond a limit", value: broken, unit: "slots" },
      ...aheadH.flatMap((ahead) => readinessFigures(ahead, predicted[ahead])),
      { name: "re-plan, p50", value: sorted[Math.floor(0.5 * sorted.length)]!, unit: "ms CPU" },
      { name: "re-plan, p99", value: sorted[Math.floor(0.99 * sorted.length)]!, unit: "ms CPU" },
    ],
  };
}

/** Hours before departure at which the predicted charge is looked at. */
const aheadH = [1, 6] as const;
type AheadH = (typeof aheadH)[number];

function readinessFigures(ahead: AheadH, errorsPct: readonly number[]): Figure[] {
  const sizes = errorsPct.map(Math.abs).sort((a, b) => a - b);
  if (sizes.length === 0) return [];
  const name = `charge at departure, predicted ${ahead} h ahead`;
  const at = (share: number): number => sizes[Math.min(sizes.length - 1, Math.floor(share * sizes.length))]!;
  return [
    { name: `${name}: departures`, value: sizes.length, unit: "" },
    { name: `${name}: error, mean`, value: sizes.reduce((sum, one) => sum + one, 0) / sizes.length, unit: "% points" },
    { name: `${name}: error, p95`, value: at(0.95), unit: "% points" },
    { name: `${name}: error, highest`, value: sizes.at(-1)!, unit: "% points" },
  ];
}

interface WeekResult {
  /** Predicted less real charge at departure, % of the battery. */
  readonly errorPct: Readonly<Record<AheadH, readonly number[]>>;
  readonly share: number;
  readonly atOnce: number;
  readonly driven: number;
  readonly optimum: number;
  readonly missed: number;
  readonly broken: number;
  readonly replanMs: readonly number[];
}

const scaled = (days: readonly PastDay[], share: number): PastDay[] =>
  days.map((day) => ({ ...day, clockW: day.clockW.map((value) => value * share) }));

function oneWeek(solver: LpSolver, depot: Depot, seed: number, days: number): WeekResult {
  const random = new Random(1_000 * seed + depots.indexOf(depot));
  const june = pvDays(1)[0]!.day;
  const startsAtMs = startOfDayMs(calendar.zone, june + firstDay + 1 + ((seed - 1) % beginnings)) + 12 * hourMs;
  const slots = days * slotsOfDay;
  const loadDays = scaled(officeDays(), depot.loadShare);
  const sunDays = pvDays(depot.pvW);
  const at = (all: readonly PastDay[], t: number): number => {
    const atMs = startsAtMs + t * slotMs;
    const day = all.find((one) => one.day === localDay(calendar.zone, atMs))!;
    return day.clockW[Math.round((atMs - startOfDayMs(calendar.zone, day.day)) / slotMs)]!;
  };
  const trueLoadW = Array.from({ length: slots }, (_, t) => at(loadDays, t));
  const truePvW = Array.from({ length: slots }, (_, t) => at(sunDays, t));
  const week = depotWeek(random, depot, startsAtMs, days);
  const truth = trueProblem(depot, week, startsAtMs, slots, trueLoadW, truePvW);
  const forecasts = (nowMs: number): Pick<Situation, "load" | "pv"> => {
    const today = localDay(calendar.zone, nowMs);
    const back = (all: readonly PastDay[]): PastDay[] => all.filter(({ day }) => day <= today && day > today - 60);
    const common = { calendar, nowMs, startsAtMs: nowMs, quarters: slotsOfDay, errors: null };
    return {
      load: forecastLoad({ ...common, days: back(loadDays) }),
      pv: forecastPv({ ...common, days: back(sunDays), ratedW: depot.pvW }),
    };
  };
  const drivenW = drive(solver, depot, week, truth, startsAtMs, forecasts);
  const costOf = (
    powerW: Readonly<Record<string, readonly number[]>>,
    curtailedW = leastCurtailment(truth, powerW),
  ): Outcome => outcomeOf(truth, powerW, curtailedW);
  const atOnce = costOf(chargeAtOnce(truth));
  const driven = costOf(drivenW.powerW);
  const optimum = bestOf(solver, truth);
  const missed = driven.stays.filter(
    ({ shortWh }, k) => shortWh > 0.01 * capacityWh && optimum.stays[k]!.shortWh < 1,
  ).length;
  const saving = atOnce.bill.total - optimum.bill.total;
  return {
    share: (atOnce.bill.total - driven.bill.total) / saving,
    atOnce: atOnce.bill.total,
    driven: driven.bill.total,
    optimum: optimum.bill.total,
    missed,
    broken: driven.broken.length,
    replanMs: drivenW.replanMs,
    errorPct: drivenW.errorPct,
  };
}

/** The optimum of who knows everything, over all slots at once. */
function bestOf(solver: LpSolver, truth: PlanningProblem): Outcome {
  const formulation = formulate(truth);
  const loaded = solver.load(formulation.programme);
  const solved = solveByLevel(formulation, loaded);
  loaded.dispose();
  if (!solved) throw new Error("the optimum was not found");
  const { values } = solved.solution;
  return outcomeOf(truth, powersOf(formulation, values), curtailedOf(formulation, values));
}

function trueProblem(
  depot: Depot,
  { stays }: DepotWeek,
  startsAtMs: number,
  slots: number,
  loadW: readonly number[],
  pvW: readonly number[],
): PlanningProblem {
  const importLimitW = Math.max(...loadW) + depot.buses * depot.importPerBusW;
  const importPerKWh = Array.from({ length: slots }, (_, t) => priceAt(startsAtMs + t * slotMs));
  return {
    slotMinutes: slotMs / 60_000,
    slots,
    site: {
      importLimitW,
      exportLimitW: new Array<number>(slots).fill(depot.exportW),
      loadW,
      pvW,
      pvCurtailable: true,
      backup: null,
    },
    tariff: {
      importPerKWh,
      exportPerKWh: importPerKWh.map((price) => 0.3 * price),
      demand:
        depot.demandPerKW > 0
          ? [{ id: "peak", perKW: depot.demandPerKW, slots: importPerKWh.map((_, t) => t), peakSoFarW: 0 }]
          : [],
    },
    events: [],
    stays: stays.map(({ evse, arrivesAtMs, departsAtMs, arrivalWh, neededWh, chargeEfficiency }) => ({
      ...battery(depot),
      chargeEfficiency,
      evseId: String(evse),
      arrivalSlot: Math.max(0, Math.ceil((arrivesAtMs - startsAtMs) / slotMs)),
      departureSlot: Math.min(slots, Math.floor((departsAtMs - startsAtMs) / slotMs)),
      arrivalWh,
      neededWh,
    })),
  };
}

const reservePct = 20;
const battery = (
  depot: Depot,
): Omit<PlanningStay, "evseId" | "arrivalSlot" | "departureSlot" | "arrivalWh" | "neededWh"> => ({
  capacityWh,
  minWh: 0,
  reserveWh: depot.bidirectional ? (reservePct / 100) * capacityWh : 0,
  maxWh: capacityWh,
  priority: 2,
  maxChargeW: chargerW,
  maxDischargeW: depot.bidirectional ? chargerW : 0,
  minChargeW: 0,
  minDischargeW: 0,
  chargeEfficiency: 0.95,
  dischargeEfficiency: 0.94,
  taperFromWh: 0.9 * capacityWh,
  taperFullW: 0.2 * chargerW,
  wearPerKWh: 0.05,
});

function priceAt(atMs: number): number {
  const hour = (atMs - startOfDayMs(calendar.zone, localDay(calendar.zone, atMs))) / hourMs;
  return hour >= 16 && hour < 21 ? 0.5 : hour < 6 ? 0.12 : 0.2;
}

/** Plans at each slot with what is known then, and does what the plan says, trimmed by limits and the planned import. */
function drive(
  solver: LpSolver,
  depot: Depot,
  week: DepotWeek,
  truth: PlanningProblem,
  startsAtMs: number,
  forecasts: (nowMs: number) => Pick<Situation, "load" | "pv">,
): { powerW: Record<string, number[]>; replanMs: number[]; errorPct: Record<AheadH, number[]> } {
  const said: { readonly stay: PlanningStay; readonly ahead: AheadH; readonly departsWithWh: number }[] = [];
  const planner = new Planner(solver);
  const powerW: Record<string, number[]> = Object.fromEntries(
    week.vehicles.map((_, i) => [String(i + 1), new Array<number>(truth.slots).fill(0)]),
  );
  const energies = new Map(truth.stays.map((stay) => [stay, stay.arrivalWh]));
  const replanMs: number[] = [];
  let former: FormerPlan | null = null;
  let peakW = 0;
  for (let t = 0; t < truth.slots; t++) {
    const nowMs = startsAtMs + t * slotMs;
    const here = truth.stays.filter(({ arrivalSlot, departureSlot }) => t >= arrivalSlot && t < departureSlot);
    const situation = situationAt(depot, week, truth, nowMs, energies, here, startsAtMs, forecasts, peakW);
    const fromMs = cpuMs();
    const { problem, stays } = buildProblem(situation, week.fleet, former);
    const plan = stays.length === 0 ? null : planner.plan(problem);
    replanMs.push(cpuMs() - fromMs);
    for (const stay of here) {
      const ahead = aheadH.find((h) => stay.departureSlot - t === h / hours);
      const k = stays.findIndex(({ evse, arrivesAtMs }) => String(evse) === stay.evseId && arrivesAtMs === null);
      const departsWithWh = plan?.outcome.stays[k]?.departsWithWh;
      if (ahead !== undefined && departsWithWh !== undefined) said.push({ stay, ahead, departsWithWh });
    }
    former = plan && { startsAtMs: nowMs, powerW: plan.powerW };
    peakW = Math.max(
      peakW,
      follow(
        truth,
        t,
        here,
        energies,
        powerW,
        plan === null
          ? null
          : { of: (id) => plan.powerW[id]?.[0] ?? 0, capW: plan.gridCapW[0] ?? truth.site.importLimitW },
      ),
    );
  }
  planner.dispose();
  const errorPct: Record<AheadH, number[]> = { 1: [], 6: [] };
  for (const { stay, ahead, departsWithWh } of said)
    errorPct[ahead].push((100 * (departsWithWh - energies.get(stay)!)) / capacityWh);
  return { powerW, replanMs, errorPct };
}

/** One slot as it really comes; the import that it makes, W. */
function follow(
  truth: PlanningProblem,
  t: number,
  here: readonly PlanningStay[],
  energies: Map<PlanningStay, number>,
  powerW: Record<string, number[]>,
  plan: { of(evseId: string): number; readonly capW: number } | null,
): number {
  const wanted = here.map((stay) => {
    const energyWh = energies.get(stay)!;
    const askedW = plan?.of(stay.evseId) ?? 0;
    const lowestWh = stay.reserveWh;
    return askedW >= 0
      ? Math.min(askedW, chargeable(stay, energyWh, stay.maxWh, hours))
      : -Math.min(-askedW, Math.max(0, ((energyWh - lowestWh) * stay.dischargeEfficiency) / hours));
  });
  const netW = truth.site.loadW[t]! - truth.site.pvW[t]!;
  const trim = (sign: 1 | -1, roomW: number): void => {
    const sumW = wanted.reduce((sum, power) => sum + Math.max(0, sign * power), 0);
    const share = sumW > 0 ? Math.min(1, Math.max(0, roomW) / sumW) : 1;
    for (let i = 0; i < wanted.length; i++) if (sign * wanted[i]! > 0) wanted[i]! *= share;
  };
  const sumOf = (sign: 1 | -1): number => wanted.reduce((sum, power) => sum + (sign * power > 0 ? power : 0), 0);
  trim(1, Math.min(truth.site.importLimitW, plan?.capW ?? 0) - netW - sumOf(-1));
  trim(-1, truth.site.exportLimitW[t]! + Math.max(0, netW + truth.site.pvW[t]!) + sumOf(1));
  here.forEach((stay, i) => {
    powerW[stay.evseId]![t] = wanted[i]!;
    energies.set(stay, energyAfter(stay, energies.get(stay)!, wanted[i]!, hours));
  });
  return netW + wanted.reduce((sum, power) => sum + power, 0);
}

function situationAt(
  depot: Depot,
  { vehicles, fleet, stays: all }: DepotWeek,
  truth: PlanningProblem,
  nowMs: number,
  energies: ReadonlyMap<PlanningStay, number>,
  here: readonly PlanningStay[],
  startsAtMs: number,
  forecasts: (nowMs: number) => Pick<Situation, "load" | "pv">,
  peakW: number,
): Situation {
  const evses = vehicles.map((vehicle, i): SituatedEvse => {
    const stay = here.find(({ evseId }) => evseId === String(i + 1));
    const own =
      stay &&
      all.find(
        ({ evse, departsAtMs }) =>
          evse === i + 1 && Math.floor((departsAtMs - startsAtMs) / slotMs) === stay.departureSlot,
      );
    const next = fleet.departures(vehicle.entry, nowMs, nowMs + 2 * dayMs)[0];
    return {
      evse: i + 1,
      name: vehicle.entry.name,
      vehicle: stay ? vehicle : null,
      awaited: stay ? null : vehicle,
      usualArrivals: [],
      connected: stay !== undefined,
      socPct: stay ? Math.floor((energies.get(stay)! / capacityWh) * 100) : Number.NaN,
      capacityWh,
      need:
        stay && own && next
          ? { departsAtMs: next.leavesAtMs, neededWh: own.neededWh, priority: 2, from: "timetable", atMs: 0, label: "" }
          : null,
      priority: 2,
      ratedChargeW: chargerW,
      ratedDischargeW: chargerW,
      nowChargeW: chargerW,
      minW: 0,
      backendMinW: Number.NEGATIVE_INFINITY,
      backendMaxW: Number.POSITIVE_INFINITY,
      held: 0,
      heldBy: "",
      chargeNow: false,
      askedW: Number.NaN,
      mayDischarge: depot.bidirectional,
      mayBackUp: false,
      reservePct,
    };
  });
  const importPerKWh = Array.from({ length: slotsOfDay }, (_, t) => priceAt(nowMs + t * slotMs));
  return {
    nowMs,
    startsAtMs: nowMs,
    slots: slotsOfDay,
    evses,
    importLimitW: truth.site.importLimitW * 0.98,
    operatorImportW: Number.POSITIVE_INFINITY,
    configuredImportW: truth.site.importLimitW,
    exportLimitW: new Array<number>(slotsOfDay).fill(depot.exportW),
    groups: [],
    ...forecasts(nowMs),
    pvCurtailable: true,
    tariff: {
      importPerKWh,
      exportPerKWh: importPerKWh.map((price) => 0.3 * price),
      demand:
        depot.demandPerKW > 0
          ? [
              {
                id: "peak",
                perKW: depot.demandPerKW,
                slots: importPerKWh.map((_, t) => t),
                peakSoFarW: peakW,
                spreadDays: Math.max(1, Math.ceil((truth.slots * slotMs - (nowMs - startsAtMs)) / dayMs)),
              },
            ]
          : [],
      knownSlots: slotsOfDay,
    },
    currency: "",
    wearPerKWh: 0.05,
    events: [],
    backupWh: 0,
    backupFromSlot: 0,
  };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Plan, readiness and "what if" of the station in the API's shapes, with sentences for people. */

import { slotReason } from "../../app/core-vocabulary.ts";
import { costAtOnce } from "../../app/planning/at-once.ts";
import type { PlannedStay } from "../../app/planning/build-problem.ts";
import type { MadePlan } from "../../app/planning/planning.ts";
import { duration, enoughWh, type ReadyVehicle } from "../../app/planning/readiness.ts";
import type { Remedy } from "../../app/planning/remedies.ts";
import { slotMs } from "../../app/planning/situation.ts";
import { readyOf, stayKey, type Tried, type TriedChange } from "../../app/planning/tries.ts";
import type { SiteStation } from "../../app/station.ts";
import { decimal, phrase, t } from "../language/language.ts";
import { lower } from "../view/format.ts";
import { noPlan } from "./no-plan.ts";
import type { PlanAnswer, ReadinessAnswer, TryAnswer, WhyAnswer } from "./plan-api.ts";

type Station = Pick<SiteStation, "plans" | "config" | "fleet" | "report">;
/** "05:30" of the site. */
export type Clock = (atMs: number) => string;

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
const whole = (values: readonly (number | null)[]): number[] => values.map((value) => Math.round(value ?? 0));
const kW = (powerW: number): string => `${decimal(Math.abs(powerW) / 1_000, 1)} kW`;
const pctOf = (energyWh: number, capacityWh: number): number | null =>
  capacityWh > 0 && Number.isFinite(energyWh) ? Math.round((energyWh / capacityWh) * 1_000) / 10 : null;
/** Power below this is none, W. */
const idleW = 50;

export function planAnswerOf({ plans }: Station, clock: Clock, nowMs: number): PlanAnswer {
  const { made, idle, inForce } = plans.planning;
  if (made === null) return noPlan(idle);
  const { plan, situation, built } = made;
  const { tariff, slots, startsAtMs } = situation;
  const { bill } = plan.outcome;
  return {
    method: plan.method,
    fallback: plan.fallback ?? "",
    version: made.version,
    madeAtMs: made.madeAtMs,
    ageMs: nowMs - made.madeAtMs,
    inForce,
    startsAtMs,
    slotMs,
    slots,
    currency: situation.currency,
    importPerKWh: [...(tariff?.importPerKWh ?? [])],
    exportPerKWh: [...(tariff?.exportPerKWh ?? [])],
    knownPriceSlots: tariff?.knownSlots ?? 0,
    loadW: whole(built.problem.site.loadW),
    pvW: whole(built.problem.site.pvW),
    vehiclesW: Array.from({ length: slots }, (_, t) =>
      Math.round(Object.values(plan.powerW).reduce((sum, powers) => sum + (powers[t] ?? 0), 0)),
    ),
    netW: whole(plan.outcome.netW),
    gridCapW: whole(plan.gridCapW),
    importLimitW: Math.round(situation.importLimitW),
    exportLimitW: situation.exportLimitW.map((limitW) =>
      Number.isFinite(limitW) ? Math.round(limitW) : Number.MAX_SAFE_INTEGER,
    ),
    basis: {
      load: situation.load.basis,
      pv: situation.pv.basis,
      prices: tariff === null ? "unknown" : tariff.knownSlots < slots ? "partly known" : "known",
    },
    errors: { load: errorsOf(situation.load), pv: errorsOf(situation.pv) },
    vehicles: [
      ...built.stays.map((one, k) => plannedVehicle(made, one, k, clock, nowMs)),
      ...built.unplanned.map(unplannedVehicle),
    ],
    cost: {
      energy: bill.energy,
      demand: bill.demand,
      wear: bill.wear,
      events: bill.events,
      total: bill.total,
      atOnce: situation.tariff === null ? null : finite(costAtOnce(made)),
    },
    faults: plan.faults.map(({ where, sentence }) => ({ where, sentence })),
    sentence: planSentence(made, clock),
  };
}

const errorsOf = ({ errors }: MadePlan["situation"]["load"]): PlanAnswer["errors"]["load"] =>
  errors && {
    hourAheadPct: Math.round(errors.hourAhead.weightedPct * 10) / 10,
    dayAheadPct: Math.round(errors.dayAhead.weightedPct * 10) / 10,
  };

/** Why a charger does at a moment what it does, or a sentence why that can't be said. */
export async function whyAnswerOf(
  { planning, tries }: Station["plans"],
  clock: Clock,
  evse: number,
  atMs: number,
): Promise<WhyAnswer | string> {
  const { made } = planning;
  if (made === null) return planning.idle;
  const { plan, built, situation, version } = made;
  const slot = Math.floor((atMs - situation.startsAtMs) / slotMs);
  const stay = built.stays.find(
    (one) => one.evse === evse && slot >= Math.max(0, one.stay.arrivalSlot) && slot < one.stay.departureSlot,
  );
  if (stay === undefined) return t`the plan has nothing for charger ${evse} at ${clock(atMs)}.`;
  const explained = await tries.explain(made, evse, slot);
  if (explained === null) return t`too many slots are being looked at. Try again in a moment.`;
  const fromMs = situation.startsAtMs + slot * slotMs;
  return {
    planVersion: version,
    evse,
    name: stay.name,
    fromMs,
    untilMs: fromMs + slotMs,
    powerW: Math.round(plan.powerW[stay.stay.evseId]?.[slot] ?? 0),
    reasons: explained.reasons.map((key) => ({ key, ...slotReason(key) })),
    proven: explained.proven,
  };
}

const unplannedVehicle = ({
  evse,
  name,
  why,
}: {
  evse: number;
  name: string;
  why: string;
}): PlanAnswer["vehicles"][number] => ({
  evse,
  vehicleId: null,
  name,
  arrivesAtMs: null,
  departsAtMs: null,
  neededWh: null,
  capacityWh: null,
  runs: [],
  now: why,
  unplanned: why,
});

function planSentence({ plan, situation, madeAtMs }: MadePlan, clock: Clock): string {
  const how =
    plan.method === "greedy"
      ? t`Planned without optimisation (${plan.fallback ?? ""}), at ${clock(madeAtMs)}.`
      : t`Planned at ${clock(madeAtMs)}.`;
  const load = {
    feed: t`a feed`,
    "similar-days": t`similar days`,
    "clear-sky": t`clear sky`,
    flat: t`the load of now`,
    unknown: t`nothing: it is not known`,
  }[situation.load.basis];
  const prices = situation.tariff === null ? t`no prices are known` : t`prices as known`;
  return t`${how} The load ahead rests on ${load}; ${prices}.`;
}

type Run = PlanAnswer["vehicles"][number]["runs"][number];

/** Runs of equal slots of one stay. */
function runsOf({ plan, situation }: MadePlan, { stay }: PlannedStay, k: number): Run[] {
  const powers = plan.powerW[stay.evseId] ?? [];
  const reasons = plan.reasons[stay.evseId] ?? [];
  const energyWh = plan.outcome.stays[k]?.energyWh ?? [];
  const runs: Run[] = [];
  for (let t = stay.arrivalSlot; t < stay.departureSlot; t++) {
    const powerW = Math.round(powers[t] ?? 0);
    const reason = reasons[t] ?? "absent";
    const untilMs = situation.startsAtMs + (t + 1) * slotMs;
    const endWh = Math.round(energyWh[t - stay.arrivalSlot] ?? stay.arrivalWh);
    const last = runs.at(-1);
    if (last !== undefined && last.reason === reason && Math.abs(last.powerW - powerW) <= idleW) {
      last.untilMs = untilMs;
      last.endWh = endWh;
    } else
      runs.push({ fromMs: untilMs - slotMs, untilMs, powerW, endWh, reason, sentence: slotReason(reason).sentence });
  }
  return runs;
}

function plannedVehicle(
  made: MadePlan,
  one: PlannedStay,
  k: number,
  clock: Clock,
  nowMs: number,
): PlanAnswer["vehicles"][number] {
  const runs = runsOf(made, one, k);
  return {
    evse: one.evse,
    vehicleId: one.vehicle?.entry.id ?? null,
    name: one.name,
    arrivesAtMs: one.arrivesAtMs,
    departsAtMs: one.departsAtMs,
    neededWh: Math.round(one.neededWh),
    capacityWh: Math.round(one.stay.capacityWh),
    runs,
    now:
      one.arrivesAtMs === null ? nowSentence(made, one, runs, clock, nowMs) : t`Expected at ${clock(one.arrivesAtMs)}.`,
    unplanned: "",
  };
}

/** What it does now and why; for one that waits until when, and what energy costs then. */
function nowSentence(
  { situation }: MadePlan,
  { departsAtMs }: PlannedStay,
  runs: readonly Run[],
  clock: Clock,
  nowMs: number,
): string {
  const at = runs.findIndex(({ untilMs }) => untilMs > nowMs);
  const run = runs[at];
  if (run === undefined) return t`Leaves at ${clock(departsAtMs)}.`;
  const { powerW, reason, sentence } = run;
  if (powerW > idleW) return t`Charges ${kW(powerW)} until ${clock(run.untilMs)}. ${phrase(sentence)}`;
  if (powerW < -idleW) return t`Feeds ${kW(powerW)} until ${clock(run.untilMs)}. ${phrase(sentence)}`;
  const next = runs.slice(at + 1).find((later) => Math.abs(later.powerW) > idleW);
  if (next === undefined) return reason === "price" || reason === "full" ? t`Has what it needs.` : phrase(sentence);
  const priceAt = (atMs: number): number | undefined =>
    situation.tariff?.importPerKWh[Math.floor((atMs - situation.startsAtMs) / slotMs)];
  const [now, then] = [priceAt(nowMs), priceAt(next.fromMs)];
  const money =
    reason === "price" && now !== undefined && then !== undefined && now !== then
      ? t`energy costs ${decimal(now, 2)} now and ${decimal(then, 2)} then`
      : lower(phrase(sentence).replace(/\.$/, ""));
  return t`Waits until ${clock(next.fromMs)}: ${money}.`;
}

export function readinessAnswerOf(station: Station, clock: Clock, nowMs: number): ReadinessAnswer {
  const { plans } = station;
  const rows = plans.board;
  const willBe = rows.filter(
    ({ state, missingWh }) =>
      state === "ready" || state === "on-the-way" || state === "tight" || (state === "away" && missingWh <= enoughWh),
  );
  const ready = rows.map(({ readyAtMs }) => readyAtMs).filter(Number.isFinite);
  const departures = rows.map(({ departsAtMs }) => departsAtMs).filter((atMs) => atMs > nowMs);
  return {
    atMs: nowMs,
    planAtMs: plans.planning.made?.madeAtMs ?? null,
    ready: {
      count: willBe.length,
      of: rows.length,
      byAtMs: departures.length > 0 ? Math.max(...departures) : null,
      lastReadyAtMs: ready.length > 0 ? Math.max(...ready) : null,
    },
    sentence: boardSentence(rows, willBe.length, clock),
    vehicles: rows.map((row) => readyVehicle(station, row, clock)),
    outage: outageOf(station, clock, nowMs),
  };
}

function boardSentence(rows: readonly ReadyVehicle[], count: number, clock: Clock): string {
  if (rows.length === 0) return t`No departures are known for the next 24 h.`;
  const last = Math.max(...rows.map(({ readyAtMs }) => readyAtMs).filter(Number.isFinite));
  if (count === rows.length) {
    const all = rows.length === 1 ? t`${rows[0]!.name} will be ready.` : t`All ${rows.length} will be ready.`;
    return Number.isFinite(last) ? t`${all} The last at ${clock(last)}.` : all;
  }
  const first = rows.find(
    ({ state, missingWh }) => state === "short" || state === "missed" || state === "unknown" || missingWh > enoughWh,
  );
  const has = first && pctOf(first.forecastWh, first.capacityWh);
  const needs = first && pctOf(first.neededWh, first.capacityWh);
  const who =
    first === undefined
      ? ""
      : first.state === "unknown"
        ? t` Of ${first.name} it is not known: ${phrase(first.cause?.sentence ?? "")}`
        : t` ${first.name} will have ${has == null ? t`too little` : `${Math.round(has)} %`}${needs == null ? "" : t` of ${Math.round(needs)} %`} at ${clock(first.departsAtMs)}.`;
  return t`${count} of ${rows.length} will be ready.${who}`;
}

function readyVehicle({ plans }: Station, row: ReadyVehicle, clock: Clock): ReadinessAnswer["vehicles"][number] {
  const remedies = plans.remediesOf(row);
  return {
    vehicleId: row.vehicleId,
    name: row.name,
    evse: row.evse,
    state: row.state,
    departsAtMs: finite(row.departsAtMs),
    socPct: pctOf(row.hasWh, row.capacityWh),
    neededPct: pctOf(row.neededWh, row.capacityWh),
    neededWh: finite(Math.round(row.neededWh)),
    forecastPct: pctOf(row.forecastWh, row.capacityWh),
    missingWh: Math.round(row.missingWh),
    readyAtMs: finite(row.readyAtMs),
    marginMs: finite(Math.round(row.marginMs)),
    priority: row.priority,
    cause: row.cause,
    knownSinceMs: finite(plans.knownSinceMs(row)),
    remedies: (remedies ?? []).map((remedy) => remedyOf(row, remedy, plans.planning.made, clock)),
    remediesPending: remedies === null,
  };
}

function remedyOf(
  row: ReadyVehicle,
  remedy: Remedy,
  made: MadePlan | null,
  clock: Clock,
): ReadinessAnswer["vehicles"][number]["remedies"][number] {
  const { change, forecastWh, readyCount, of, costDelta, loses, atMs, pct } = remedy;
  const currency = made?.situation.currency ?? "";
  const priced = made !== null && made.situation.tariff !== null;
  const cost =
    priced && Math.abs(costDelta) >= 0.01
      ? `; ${costDelta > 0 ? "+" : "−"}${Math.abs(costDelta).toFixed(2)} ${currency}`.trimEnd()
      : "";
  const others = loses.length > 0 ? t` ${loses.join(t` and `)} would then not be ready.` : "";
  return {
    id: remedy.id,
    label: labelOf(row, change, clock, atMs, pct),
    sentence: t`${row.name} has ${Math.round((forecastWh / row.capacityWh) * 100)} %; ${readyCount} of ${of} ready${cost}.${others}`,
    change: change as ReadinessAnswer["vehicles"][number]["remedies"][number]["change"],
    forecastWh: Math.round(forecastWh),
    readyCount,
    costDelta: priced ? Math.round(costDelta * 100) / 100 : null,
    action: actionOf(row, change),
  };
}

function labelOf(row: ReadyVehicle, change: TriedChange, clock: Clock, atMs?: number, pct?: number): string {
  switch (change.kind) {
    case "departure":
      return t`Leave at ${clock(atMs ?? change.departsAtMs)}`;
    case "need":
      return t`Accept ${pct ?? change.neededPct} %`;
    case "priority":
      return t`Let ${row.name} go first`;
    case "import-limit":
      return t`Raise the import limit to ${kW(change.limitW)}`;
    case "backend-limit":
      return t`Ask the backend to lift its limit`;
    case "resume":
      return t`Resume the charger`;
    default:
      return t`Charge now`;
  }
}

/** The action that does it; null where somebody else has to. */
function actionOf(
  { evse, departsAtMs, neededWh, capacityWh }: ReadyVehicle,
  change: TriedChange,
): { action: string; values: Record<string, number | string> } | null {
  const target = Math.round((neededWh / capacityWh) * 100);
  switch (change.kind) {
    case "departure":
      return {
        action: "departure",
        values: { evse: String(evse), departsAtMs: change.departsAtMs, targetPct: target },
      };
    case "need":
      return { action: "departure", values: { evse: String(evse), departsAtMs, targetPct: change.neededPct } };
    case "priority":
      return { action: "priority", values: { evse: String(evse), priority: String(change.priority) } };
    case "import-limit":
      return { action: "tighten", values: { demandLimitW: change.limitW } };
    case "resume":
      return { action: "resume", values: { evse: String(evse) } };
    case "charge-now":
      return { action: "chargeNow", values: { evse: String(evse) } };
    default:
      return null;
  }
}

function outageOf({ plans, report }: Station, clock: Clock, nowMs: number): ReadinessAnswer["outage"] {
  const has: number = report()?.tiers[0]?.couldH ?? Number.NaN;
  const { hours } = plans.outage.wanted(nowMs);
  const warning = plans.outage.warning(nowMs);
  const readyAtMs = has >= hours ? nowMs : plans.outage.readyAtMs(plans.planning.made);
  const now = Number.isFinite(has)
    ? t`The vehicles hold ${duration(has)} of tier 1 above their reserves.`
    : t`How long tier 1 could be fed is not known.`;
  const wants =
    hours <= 0
      ? ""
      : has >= hours
        ? t` The ${duration(hours)} that are wanted are there.`
        : Number.isFinite(readyAtMs)
          ? t` The ${duration(hours)} that are wanted are there at ${clock(readyAtMs)}.`
          : t` The ${duration(hours)} that are wanted can't be reached with the vehicles that are here.`;
  return {
    runwayH: finite(has),
    wantedH: hours > 0 ? hours : null,
    ahead: hourly(plans.planning.made, plans.outage.hoursAhead(plans.planning.made)),
    warning: warning && { ...warning, readyAtMs: finite(readyAtMs) },
    sentence: `${now}${wants}`,
  };
}

/** The least of each hour of the next day. */
function hourly(made: MadePlan | null, hours: readonly number[]): ReadinessAnswer["outage"]["ahead"] {
  const perHour = 4;
  const shownH = 24;
  if (made === null || hours.length === 0) return [];
  return Array.from({ length: Math.min(shownH, Math.ceil(hours.length / perHour)) }, (_, hour) => ({
    fromMs: made.situation.startsAtMs + hour * perHour * slotMs,
    hours: Math.round(Math.min(...hours.slice(hour * perHour, (hour + 1) * perHour)) * 10) / 10,
  }));
}

export function tryAnswerOf(made: MadePlan, tried: Tried): TryAnswer {
  const before = readyOf(made);
  const count = (ready: ReadonlyMap<string, boolean>): number => [...ready.values()].filter(Boolean).length;
  const rows = tried.built.stays.map((one, k) => {
    const key = stayKey(one);
    const was = made.built.stays.findIndex((other) => stayKey(other) === key);
    const nowPct = was < 0 ? null : pctOf(made.plan.outcome.stays[was]!.departsWithWh, one.stay.capacityWh);
    const afterPct = pctOf(tried.plan.outcome.stays[k]!.departsWithWh, one.stay.capacityWh);
    return {
      evse: one.evse,
      name: one.name,
      nowPct,
      afterPct,
      readyAfter: tried.ready.get(key) === true,
      same:
        nowPct !== null &&
        afterPct !== null &&
        Math.abs(nowPct - afterPct) < 0.5 &&
        before.get(key) === tried.ready.get(key),
    };
  });
  const costNow = made.plan.outcome.bill.total;
  const costAfter = tried.plan.outcome.bill.total;
  const [readyNow, readyAfter] = [count(before), count(tried.ready)];
  const money =
    made.situation.tariff === null
      ? ""
      : `, ${costAfter >= costNow ? "+" : "−"}${Math.abs(costAfter - costNow).toFixed(2)} ${made.situation.currency}`.trimEnd();
  return {
    planVersion: made.version,
    tookMs: Math.round(tried.tookMs),
    costNow,
    costAfter,
    readyNow,
    readyAfter,
    of: tried.ready.size,
    rows,
    sentence: t`${readyAfter} of ${tried.ready.size} ready instead of ${readyNow}${money}.`,
  };
}

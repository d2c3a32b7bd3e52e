/**
 * Plans the site's day and asks the chargers for it. A plan is made anew at each slot and on each change that matters, in the planner's
 * own thread; it becomes one more request for each charger, with a lease that lapses, and an import that the loop holds beside it. It
 * never widens a limit: what it asks for passes the same chain as every request.
 */

import type { Plan } from "../../planning/planner.ts";
import { slotReason } from "../../planning/reasons.table.ts";
import { PlannerThread } from "../../planning/thread/planner-thread.ts";
import type { ControlHost } from "../control/control-host.ts";
import { monotonicMs } from "../control/monotonic.ts";
import type { ControlReport } from "../control/shared/report.ts";
import type { Log } from "../log.ts";
import { type BuiltProblem, buildProblem, evseIdOf } from "./build-problem.ts";
import { keptInputs } from "./inputs.ts";
import { type Situation, type SituationSources, situationOf, slotMs } from "./situation.ts";

/** A plan with what it was made from. */
export interface MadePlan {
  readonly version: number;
  readonly madeAtMs: number;
  readonly plan: Plan;
  readonly built: BuiltProblem;
  readonly situation: Situation;
}

export interface PlanningOptions extends SituationSources {
  readonly control: Pick<ControlHost, "evses" | "site">;
  readonly log: Log;
  readonly thread?: PlannerThread;
  /** Told of each new plan. */
  readonly onPlan?: (made: MadePlan, before: MadePlan | null) => void;
}

export interface Planning {
  /** To be called with each report; acts when it is time. */
  look(report: ControlReport, nowMs: number): void;
  /** The newest plan; null before the first, or while nothing is to be planned. */
  readonly made: MadePlan | null;
  /** The plan asks the chargers now. */
  readonly inForce: boolean;
  /** Why there is no plan; "" while there is one. */
  readonly idle: string;
  /** What the plan says of an EVSE in this slot: its reason, for people; null where it says nothing. */
  sentenceOf(evse: number): string | null;
  /** Something has changed that the reports don't show: plan anew. */
  expire(): void;
  stop(): Promise<void>;
}

/** The plan is applied, and changes are looked for, this often, ms. */
const everyMs = 1_000;
/** A request of the plan lapses after this, unless renewed, ms. */
const leaseMs = 30_000;
/** A plan older than this asks for nothing any more, ms. */
const oldMs = 2 * slotMs;
/** Changes within this time make one new plan, ms; and plans are made at most this often. */
const settleMs = 300;
const betweenMs = 2_000;
/** Plans are made anew when the battery is this far from the plan, of its capacity, or the PCC this far, of the import limit, for so long. */
const batteryOffShare = 0.03;
const pccOffShare = 0.1;
const pccOffMs = 120_000;
/** A plan's import is held only where it lies below the site's limit by more than this, W. */
const capMarginW = 100;

export function createPlanning(options: PlanningOptions): Planning {
  const { control, log, fleet } = options;
  const sources: SituationSources = { ...options, inputs: keptInputs(options.inputs) };
  const thread = options.thread ?? new PlannerThread();
  let made: MadePlan | null = null;
  let version = 0;
  let dueMs = Number.NEGATIVE_INFINITY;
  let signature = "";
  let changedAtMs = Number.NaN;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let pending = false;
  let offSinceMs = Number.NaN;
  let said = "";
  let idle = "There is no plan yet.";
  let applied = false;

  const replan = async (situation: Situation, nowMs: number): Promise<void> => {
    pending = true;
    askedAtMs = nowMs;
    changedAtMs = Number.NaN;
    const former = made && { startsAtMs: made.situation.startsAtMs, powerW: made.plan.powerW };
    const built = buildProblem(situation, fleet.vehicles, former);
    const hasStays = built.stays.length > 0;
    const plan = hasStays ? await thread.plan(built.problem) : null;
    pending = false;
    if (plan === null) {
      made = null;
      idle =
        built.unplanned.length > 0
          ? "No vehicle here has a departure and a known battery."
          : "No departures are known.";
      return;
    }
    idle = "";
    const before = made;
    made = { version: ++version, madeAtMs: nowMs, plan, built, situation };
    tell(made);
    options.onPlan?.(made, before);
  };

  /** What a person should know of how plans are made, once. */
  const tell = ({ plan }: MadePlan): void => {
    const sentence = plan.method === "greedy" ? `Planned without optimisation: ${plan.fallback}.` : "";
    if (sentence !== said)
      log(sentence === "" ? "info" : "warn", sentence === "" ? "Plans are optimised again." : sentence, {
        fallback: plan.fallback ?? "",
      });
    said = sentence;
  };

  const slotOf = (nowMs: number): number =>
    made === null ? -1 : Math.floor((nowMs - made.situation.startsAtMs) / slotMs);
  const isOld = (nowMs: number): boolean =>
    made === null || nowMs - made.madeAtMs > oldMs || nowMs < made.situation.startsAtMs;

  const apply = (nowMs: number): void => {
    const lapses = monotonicMs() + leaseMs;
    const t = slotOf(nowMs);
    for (const input of control.evses) input.planW = Number.NaN;
    control.site.planImportW = Number.POSITIVE_INFINITY;
    applied = made !== null && !isOld(nowMs);
    if (made === null || !applied) return;
    const { plan, built, situation } = made;
    built.stays.forEach(({ evse, arrivesAtMs, stay }, k) => {
      const input = control.evses[evse - 1]!;
      if (arrivesAtMs !== null || t >= stay.departureSlot) return;
      input.planW = plan.powerW[evseIdOf(evse)]?.[t] ?? Number.NaN;
      input.planUntilMs = lapses;
      input.planShort = (plan.outcome.stays[k]?.shortWh ?? 0) > 0;
    });
    const capW = plan.gridCapW[t] ?? Number.POSITIVE_INFINITY;
    if (capW < situation.importLimitW - capMarginW) {
      control.site.planImportW = capW;
      control.site.planImportUntilMs = lapses;
    }
  };

  /** The battery or the PCC are not where the plan has them. */
  const isOff = (report: ControlReport, nowMs: number): boolean => {
    if (made === null) return false;
    const { plan, built, situation } = made;
    const t = slotOf(nowMs);
    const share = (nowMs - situation.startsAtMs) / slotMs - t;
    const battery = built.stays.some(({ evse, arrivesAtMs, stay }, k) => {
      const { socPct, vehicleConnected } = report.stages[evse - 1]!;
      const energyWh = plan.outcome.stays[k]?.energyWh;
      if (arrivesAtMs !== null || !vehicleConnected || energyWh === undefined || t >= energyWh.length) return false;
      const fromWh = t === 0 ? stay.arrivalWh : energyWh[t - 1]!;
      const begun = t === 0 ? Math.max(0, (nowMs - situation.nowMs) / slotMs) : share;
      const thereWh = fromWh + (energyWh[t]! - fromWh) * begun;
      return Math.abs((socPct / 100) * stay.capacityWh - thereWh) > batteryOffShare * stay.capacityWh;
    });
    const pccW = plan.outcome.netW[t];
    const far = pccW !== undefined && Math.abs(report.site.pccW - pccW) > pccOffShare * situation.importLimitW;
    if (!far) offSinceMs = Number.NaN;
    else if (Number.isNaN(offSinceMs)) offSinceMs = nowMs;
    return battery || nowMs - offSinceMs > pccOffMs;
  };

  return {
    look(report, nowMs) {
      if (nowMs < dueMs && nowMs >= dueMs - everyMs) return;
      dueMs = nowMs + everyMs;
      if (!report.stages.some(({ atMs }) => Number.isFinite(atMs))) return;
      const situation = situationOf(sources, report, nowMs);
      const now = signatureOf(situation);
      if (now !== signature && Number.isNaN(changedAtMs)) changedAtMs = nowMs;
      signature = now;
      const isNewSlot = made === null || made.situation.startsAtMs !== situation.startsAtMs;
      const settled = nowMs - changedAtMs >= settleMs;
      if (!pending && nowMs - askedAtMs >= betweenMs && (settled || isNewSlot || isOff(report, nowMs))) {
        if (isNewSlot || settled || nowMs - askedAtMs >= pccOffMs) {
          offSinceMs = Number.NaN;
          void replan(situation, nowMs);
        }
      }
      apply(nowMs);
    },
    get made() {
      return made;
    },
    get inForce() {
      return applied;
    },
    get idle() {
      return idle;
    },
    sentenceOf(evse) {
      if (made === null || !applied) return null;
      const t = slotOf(Date.now());
      const reason = made.plan.reasons[evseIdOf(evse)]?.[t];
      const isPlanned = made.built.stays.some(
        (one) => one.evse === evse && one.arrivesAtMs === null && t < one.stay.departureSlot,
      );
      return reason === undefined || !isPlanned ? null : slotReason(reason).sentence;
    },
    expire() {
      signature = "";
      dueMs = Number.NEGATIVE_INFINITY;
    },
    stop: () => thread.close(),
  };
}

const kilo = (valueW: number): number =>
  Number.isFinite(valueW) ? Math.round(valueW / 1_000) : valueW > 0 ? 1e9 : -1e9;

/** What makes another plan when it changes; what moves all the time is left out. */
function signatureOf({
  evses,
  importLimitW,
  exportLimitW,
  groups,
  tariff,
  events,
  backupWh,
  backupFromSlot,
}: Situation): string {
  return JSON.stringify([
    evses.map((evse) => [
      evse.connected,
      evse.connected && evse.capacityWh > 0 && evse.socPct >= 0,
      evse.vehicle?.entry.id,
      evse.need && [Math.round(evse.need.departsAtMs / 60_000), kilo(evse.need.neededWh)],
      evse.priority,
      kilo(evse.ratedChargeW),
      kilo(evse.backendMinW),
      kilo(evse.backendMaxW),
      evse.held,
      evse.chargeNow,
      Number.isNaN(evse.askedW) ? null : Math.sign(evse.askedW),
      evse.mayDischarge,
      evse.reservePct,
    ]),
    kilo(importLimitW),
    exportLimitW.slice(0, 2).map(kilo),
    groups.map(({ maxChargeW, maxDischargeW }) => [kilo(maxChargeW), kilo(maxDischargeW)]),
    tariff && [
      tariff.knownSlots,
      tariff.importPerKWh
        .slice(0, tariff.knownSlots)
        .reduce((sum, price, t) => sum + price * (t + 1), 0)
        .toFixed(3),
    ],
    events.map(({ id, committedW }) => [id, committedW]),
    Math.round(backupWh / 1_000),
    backupWh > 0 ? backupFromSlot > 0 : false,
  ]);
}

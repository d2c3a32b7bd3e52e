/**
 * Judge of a plan, written apart from `src/planning`: walks the day slot by slot and counts what is broken, what is short and what it
 * costs. Power W, positive from the grid to the vehicle; energy Wh in the battery.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { PlanningProblem } from "../../src/planning/problem.ts";

export interface Reference {
  readonly optimumCost: number;
  readonly unmetWh: Readonly<Record<"1" | "2" | "3", number>>;
  readonly reserveShortWhh: number;
  readonly drShortWh: number;
  readonly atOnceCost: number;
}

export type SiteDay = PlanningProblem & { readonly id: string; readonly kind: string; readonly reference: Reference };

export const siteDays: readonly SiteDay[] = JSON.parse(
  readFileSync(join(import.meta.dirname, "../golden/planner/examples.json"), "utf8"),
);

export const siteDay = (number: number): SiteDay =>
  siteDays.find(({ id }) => id === `public-${String(number).padStart(2, "0")}`)!;

export interface Verdict {
  readonly problems: readonly string[];
  readonly unmetWh: Readonly<Record<"1" | "2" | "3", number>>;
  readonly reserveShortWhh: number;
  readonly drShortWh: number;
  readonly cost: number;
}

/** W and Wh that count as nothing. */
const slack = 1;

export function judge(
  day: PlanningProblem,
  plan: Readonly<Record<string, readonly number[]>>,
  curtailW: readonly number[],
): Verdict {
  const { slots, site, tariff, stays } = day;
  const h = day.slotMinutes / 60;
  const problems: string[] = [];
  const unmetWh = { "1": 0, "2": 0, "3": 0 };
  const net = site.loadW.map(
    (load, t) => load - site.pvW[t]! + Math.min(Math.max(curtailW[t] ?? 0, 0), site.pvCurtailable ? site.pvW[t]! : 0),
  );
  const held = new Array<number>(slots).fill(0);
  const covered = new Map<string, Set<number>>();
  let reserve = 0;
  let cost = 0;
  for (const s of stays) {
    let e = s.arrivalWh;
    const say = (t: number, text: string): void => void problems.push(`${s.evseId} slot ${t}: ${text}`);
    for (let t = s.arrivalSlot; t < Math.min(slots, s.departureSlot); t++) {
      if (!covered.has(s.evseId)) covered.set(s.evseId, new Set());
      covered.get(s.evseId)!.add(t);
      const p = plan[s.evseId]?.[t] ?? 0;
      if (!Number.isFinite(p)) say(t, "not a number");
      e += p > 0 ? p * h * s.chargeEfficiency : (p * h) / s.dischargeEfficiency;
      net[t]! += p;
      if (p > s.maxChargeW + slack || -p > s.maxDischargeW + slack) say(t, `rating: ${p}`);
      if ((p > slack && p < s.minChargeW - slack) || (-p > slack && -p < s.minDischargeW - slack))
        say(t, `minimum: ${p}`);
      const taper = (s.maxChargeW - s.taperFullW) / (s.capacityWh - s.taperFromWh);
      if (p > slack && p > s.maxChargeW - taper * (e - s.taperFromWh) + Math.max(slack, s.maxChargeW / 1_000))
        say(t, `taper: ${p}`);
      if (e > Math.max(s.maxWh, s.arrivalWh) + slack) say(t, `full: ${e}`);
      if (p < -slack && e < s.reserveWh - slack) say(t, `below the reserve: ${e}`);
      reserve += Math.max(0, s.reserveWh - e - slack) * h;
      if (s.maxDischargeW > 0) held[t]! += Math.max(0, e - s.minWh);
      if (p < 0) cost += (-p / 1_000) * h * s.wearPerKWh;
    }
    const lack = s.neededWh - e;
    if (lack > slack) unmetWh[s.priority] += lack;
  }
  for (const [evse, values] of Object.entries(plan)) {
    if (values.length !== slots) problems.push(`${evse}: ${values.length} slots`);
    values.forEach((p, t) => {
      if (Math.abs(p) > slack && !covered.get(evse)?.has(t)) problems.push(`${evse} slot ${t}: absent`);
    });
  }
  site.backup?.requiredWh.forEach((required, t) => {
    reserve += Math.max(0, required - held[t]! - Math.max(1, stays.length)) * h;
  });
  net.forEach((n, t) => {
    const tolerance = Math.max(1, stays.length);
    if (n > site.importLimitW + tolerance) problems.push(`slot ${t}: imports ${n}`);
    if (n < -site.exportLimitW[t]! - tolerance) problems.push(`slot ${t}: exports ${-n}`);
    cost += ((n > 0 ? tariff.importPerKWh[t]! : tariff.exportPerKWh[t]!) * n * h) / 1_000;
  });
  for (const { perKW, slots: counted, peakSoFarW } of tariff.demand) {
    cost += (perKW * Math.max(0, Math.max(...counted.map((t) => net[t]!), 0) - peakSoFarW)) / 1_000;
  }
  let short = 0;
  for (const v of day.events) {
    for (let t = v.fromSlot; t < v.toSlot; t++) {
      const missing = Math.max(0, v.committedW - (v.baselineW[t - v.fromSlot]! - net[t]!));
      short += missing * h;
      cost -= ((v.payPerKWh * (v.committedW - missing) - v.penaltyPerKWh * missing) * h) / 1_000;
    }
  }
  return { problems, unmetWh, reserveShortWhh: reserve, drShortWh: short, cost };
}

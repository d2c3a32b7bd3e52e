/** Columns and rows of the site: power balance at the PCC, demand charges, commitments, backup. */
import type { PlanningProblem } from "../problem.ts";
import { type Draft, family } from "./draft.ts";
import type { StayColumns } from "./stay-rows.ts";

/** Curtailing PV is the last choice among equals, per kWh. */
const curtailPerKWh = 1e-6;

/** Numbers of the site's columns and rows; families have one column or row for each slot of the horizon. */
export interface SiteColumns {
  /** Import up to the peak that is already billed, and what exceeds it (`importAbove`, -1 without that term). */
  readonly import: number;
  readonly importAbove: number;
  readonly export: number;
  readonly curtailed: number;
  /** What the site imports or exports beyond its limits, whatever its vehicles do. */
  readonly over: number;
  readonly under: number;
  readonly balanceRows: number;
  readonly peaks: readonly { readonly column: number; readonly slots: readonly number[]; readonly firstRow: number }[];
  readonly commitments: readonly { readonly fromSlot: number; readonly toSlot: number; readonly firstRow: number }[];
  /** Row of each slot with a backup to hold; -1 elsewhere. */
  readonly backupRows: Int32Array;
  /** Of each group the row of each slot in which its limit can bind; -1 elsewhere. */
  readonly groups: readonly { readonly evseIds: ReadonlySet<string>; readonly rows: Int32Array }[];
}

export function addSite(draft: Draft, stays: readonly StayColumns[]): SiteColumns {
  const { site, tariff, slots, preferences } = draft.problem;
  const { hours } = draft;
  const unearned = preferences?.unearnedPeakPerKWh ?? 0;
  const limitKW = site.importLimitW / 1_000;
  const earnedKW = unearned > 0 ? earnedPeaks(draft.problem) : [];
  const billedKW = (t: number): number => Math.min(limitKW, earnedKW[t] ?? limitKW);
  const price = (t: number): number => tariff.importPerKWh[t]! * hours;
  const importColumns = family(draft, slots, (t) => [0, billedKW(t), price(t)]);
  const importAbove =
    unearned > 0 ? family(draft, slots, (t) => [0, limitKW - billedKW(t), price(t) + unearned * hours]) : -1;
  const columns = {
    import: importColumns,
    importAbove,
    export: family(draft, slots, (t) => [0, site.exportLimitW[t]! / 1_000, -tariff.exportPerKWh[t]! * hours]),
    curtailed: family(draft, slots, (t) => [0, site.pvCurtailable ? site.pvW[t]! / 1_000 : 0, curtailPerKWh * hours]),
  };
  const balance = addBalance(draft, stays, columns);
  return {
    ...columns,
    ...balance,
    peaks: addPeaks(draft, columns),
    commitments: addCommitments(draft, stays, columns),
    backupRows: addBackup(draft, stays),
    groups: addGroups(draft, stays),
  };
}

type Balance = Pick<SiteColumns, "over" | "under" | "balanceRows">;
type Flows = Pick<SiteColumns, "import" | "importAbove" | "export" | "curtailed">;

/** import − export − curtailed − vehicles = load − PV, with slack only where the site without vehicles breaks its limits. */
function addBalance(draft: Draft, stays: readonly StayColumns[], flows: Flows): Balance {
  const { builder, hours } = draft;
  const { site, slots } = draft.problem;
  const netW = (t: number): number => site.loadW[t]! - site.pvW[t]!;
  const over = builder.columns;
  for (let t = 0; t < slots; t++) {
    const column = draft.slack("site-limits", hours, Math.max(0, netW(t) - site.importLimitW) / 1_000);
    builder.addCost(column, Math.max(0, draft.problem.tariff.importPerKWh[t]!) * hours);
  }
  const under = builder.columns;
  for (let t = 0; t < slots; t++) {
    const heldW = site.exportLimitW[t]! + (site.pvCurtailable ? site.pvW[t]! : 0);
    draft.slack("site-limits", hours, Math.max(0, -netW(t) - heldW) / 1_000);
  }
  let first = -1;
  for (let t = 0; t < slots; t++) {
    builder.entry(flows.import + t, 1);
    if (flows.importAbove >= 0) builder.entry(flows.importAbove + t, 1);
    builder.entry(flows.export + t, -1);
    builder.entry(flows.curtailed + t, -1);
    builder.entry(over + t, 1);
    builder.entry(under + t, -1);
    for (const stay of stays) {
      const index = t - stay.first;
      if (index < 0 || index >= stay.count) continue;
      builder.entry(stay.charge + index, -1);
      if (stay.chargeAbove >= 0) builder.entry(stay.chargeAbove + index, -1);
      if (stay.discharge >= 0) builder.entry(stay.discharge + index, 1);
      if (stay.dischargeAbove >= 0) builder.entry(stay.dischargeAbove + index, 1);
    }
    const row = builder.row(netW(t) / 1_000, netW(t) / 1_000);
    if (t === 0) first = row;
  }
  return { over, under, balanceRows: first };
}

function addPeaks({ builder, problem }: Draft, flows: Flows): SiteColumns["peaks"] {
  return problem.tariff.demand.map(({ perKW, peakSoFarW, slots, spreadDays = 1 }) => {
    const column = builder.column(peakSoFarW / 1_000, Infinity, perKW / spreadDays);
    const rows = slots.map((t) => {
      builder.entry(column, 1);
      builder.entry(flows.import + t, -1);
      if (flows.importAbove >= 0) builder.entry(flows.importAbove + t, -1);
      return builder.row(0, Infinity);
    });
    return { column, slots, firstRow: rows[0] ?? -1 };
  });
}

/** baseline − (import − export) + short ≥ committed, slot by slot. */
function addCommitments(draft: Draft, stays: readonly StayColumns[], flows: Flows): SiteColumns["commitments"] {
  const { builder, hours, problem } = draft;
  const { site, slots } = problem;
  return problem.events.map(({ fromSlot, toSlot, baselineW, committedW, payPerKWh, penaltyPerKWh }) => {
    let firstRow = -1;
    for (let t = Math.max(0, fromSlot); t < Math.min(slots, toSlot); t++) {
      const short = draft.slack("commitment", hours);
      builder.addCost(short, (payPerKWh + penaltyPerKWh) * hours);
      builder.entry(flows.import + t, -1);
      if (flows.importAbove >= 0) builder.entry(flows.importAbove + t, -1);
      builder.entry(flows.export + t, 1);
      builder.entry(short, 1);
      const wantedW = committedW - baselineW[t - fromSlot]!;
      const row = builder.row(wantedW / 1_000, Infinity);
      if (firstRow < 0) firstRow = row;
      let lowestW = site.loadW[t]! - site.pvW[t]!;
      for (const { stay, first, count } of stays) if (t >= first && t < first + count) lowestW -= stay.maxDischargeW;
      lowestW = Math.max(lowestW, -site.exportLimitW[t]!);
      draft.unavoidable.commitment += (Math.max(0, wantedW + lowestW) / 1_000) * hours;
    }
    return { fromSlot: Math.max(0, fromSlot), toSlot: Math.min(slots, toSlot), firstRow };
  });
}

/** Energy above the minimum in the connected bidirectional vehicles + short ≥ required, at the end of each slot. */
function addBackup(draft: Draft, stays: readonly StayColumns[]): Int32Array {
  const { builder, hours, problem } = draft;
  const rows = new Int32Array(problem.slots).fill(-1);
  const required = problem.site.backup?.requiredWh;
  if (!required) return rows;
  for (let t = 0; t < problem.slots; t++) {
    if (!(required[t]! > 0)) continue;
    let minimaWh = 0;
    let mostWh = 0;
    for (const { stay, first, count, energy, reachWh } of stays) {
      const index = t - first;
      // Below its minimum a vehicle holds nothing for the site, and must not count as less than nothing.
      if ((stay.maxDischargeW <= 0 && !stay.backsUp) || index < 0 || index >= count || reachWh[index]! <= stay.minWh)
        continue;
      builder.entry(energy + index, 1);
      minimaWh += stay.minWh;
      mostWh += reachWh[index]! - stay.minWh;
    }
    builder.entry(draft.slack("reserve", hours), 1);
    rows[t] = builder.row((required[t]! + minimaWh) / 1_000, Infinity);
    draft.unavoidable.reserve += (Math.max(0, required[t]! - mostWh) / 1_000) * hours;
  }
  return rows;
}

/** −discharge limit ≤ sum of the members' powers ≤ charge limit, in each slot in which they could exceed it. */
function addGroups({ builder, problem }: Draft, stays: readonly StayColumns[]): SiteColumns["groups"] {
  return (problem.site.groups ?? []).map(({ evseIds, maxChargeW, maxDischargeW }) => {
    const members = new Set(evseIds);
    const own = stays.filter(({ stay }) => members.has(stay.evseId));
    const rows = new Int32Array(problem.slots).fill(-1);
    for (let t = 0; t < problem.slots; t++) {
      const here = own.filter(({ first, count }) => t >= first && t < first + count);
      const mostW = here.reduce((sum, { stay }) => sum + stay.maxChargeW, 0);
      const leastW = here.reduce((sum, { stay }) => sum + stay.maxDischargeW, 0);
      if (mostW <= maxChargeW && leastW <= maxDischargeW) continue;
      for (const { first, charge, chargeAbove, discharge, dischargeAbove } of here) {
        const index = t - first;
        builder.entry(charge + index, 1);
        if (chargeAbove >= 0) builder.entry(chargeAbove + index, 1);
        if (discharge >= 0) builder.entry(discharge + index, -1);
        if (dischargeAbove >= 0) builder.entry(dischargeAbove + index, -1);
      }
      rows[t] = builder.row(-maxDischargeW / 1_000, maxChargeW / 1_000);
    }
    return { evseIds: members, rows };
  });
}

/** Import that is billed already in each slot, kW: the lowest of the demand charges that count it; no bound where none does. */
function earnedPeaks({ slots, tariff }: PlanningProblem): number[] {
  const earned = new Array<number>(slots).fill(Infinity);
  for (const { slots: counted, peakSoFarW, perKW } of tariff.demand) {
    if (perKW > 0) for (const t of counted) earned[t] = Math.min(earned[t]!, peakSoFarW / 1_000);
  }
  return earned;
}

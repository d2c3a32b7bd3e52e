/**
 * The energy of a short time, at most a minute, by source, sink and origin; added to the quarter-hour that it lies in. What was
 * measured while something else was not is `unknown` on its other side: it is on record, and shared out to nobody.
 */
import { type Amounts, addAll, addTo, type Sums, sumOf } from "./amounts.ts";
import {
  buildingName,
  exportName,
  type FlowRule,
  type Flows,
  flowsOf,
  gridName,
  isBattery,
  lossName,
  pvName,
  unknownName,
} from "./flows.ts";
import { type Efficiency, giveFrom, type Pool, type PoolRule, putInto } from "./pools.ts";

/** How energy is attributed; it stands in each row. */
export interface AttributionRule {
  readonly flows: FlowRule;
  readonly pools: PoolRule;
}

/** What flowed through each meter in a short time, mWh, magnitudes. */
export interface Interval {
  readonly importMWh: number;
  readonly exportMWh: number;
  readonly pvMWh: number;
  /** Where the building has a meter of its own; null: it is what is left of the others. */
  readonly buildingMWh: number | null;
  /** By battery. */
  readonly charged: Amounts;
  readonly discharged: Amounts;
}

/** What a quarter-hour adds up to, mWh. */
export interface QuarterSums {
  readonly flows: Record<string, Sums>;
  /** What each sink's energy is. */
  readonly origins: Record<string, Sums>;
  /** What each battery gave, by origin. */
  readonly given: Record<string, Sums>;
  readonly batteryLoss: Sums;
  /** What all sources gave while everything was measured. */
  knownMWh: number;
  /** What batteries exported when one's own PV counts for one's own building first, minute by minute. */
  batteryExportMWh: number;
  /** What the building is still short of, since sinks took more than sources gave; at the end it is what does not close. */
  shortMWh: number;
  /** What a building with a meter does not account for: the site's own losses, or meters that disagree. */
  openMWh: number;
}

export const emptySums = (): QuarterSums => ({
  flows: {},
  origins: {},
  given: {},
  batteryLoss: {},
  knownMWh: 0,
  batteryExportMWh: 0,
  shortMWh: 0,
  openMWh: 0,
});

export interface Batteries {
  pool(battery: string): Pool;
  efficiency(battery: string): Efficiency;
}

/** All meters have answered: everything that came in went somewhere. */
export function attribute(sums: QuarterSums, interval: Interval, rule: AttributionRule, batteries: Batteries): void {
  const sources: Sums = {};
  const sinks: Sums = {};
  addTo(sources, gridName, interval.importMWh);
  addTo(sources, pvName, interval.pvMWh);
  addTo(sinks, exportName, interval.exportMWh);
  for (const battery in interval.discharged) addTo(sources, battery, interval.discharged[battery]!);
  for (const battery in interval.charged) addTo(sinks, battery, interval.charged[battery]!);
  sums.knownMWh += sumOf(sources);
  const leftMWh = sumOf(sources) - sumOf(sinks);
  if (interval.buildingMWh === null) {
    // Registers step: what a minute is short of, the next has too much of.
    const building = Math.max(0, leftMWh - sums.shortMWh);
    sums.shortMWh = Math.max(0, sums.shortMWh - leftMWh);
    addTo(sinks, buildingName, building);
    balance(sources, sinks, leftMWh - building, unknownName);
  } else {
    addTo(sinks, buildingName, interval.buildingMWh);
    sums.openMWh += leftMWh - interval.buildingMWh;
    balance(sources, sinks, leftMWh - interval.buildingMWh, lossName);
  }
  const flows = flowsOf(rule.flows, sources, sinks);
  if (interval.exportMWh > 0 && sumOf(interval.discharged) > 0)
    sums.batteryExportMWh += exportOfBatteries(rule.flows === "priority" ? flows : flowsOf("priority", sources, sinks));
  take(sums, flows, rule, batteries);
}

function exportOfBatteries(flows: Flows): number {
  let exportMWh = 0;
  for (const source in flows) if (isBattery(source)) exportMWh += flows[source]![exportName] ?? 0;
  return exportMWh;
}

function balance(sources: Sums, sinks: Sums, overMWh: number, sink: string): void {
  if (overMWh > 0) addTo(sinks, sink, overMWh);
  else addTo(sources, unknownName, -overMWh);
}

/** Something was silent: what the others have measured is known by amount, and not where it went or came from. */
export function attributeUnknown(
  sums: QuarterSums,
  { importMWh, exportMWh, pvMWh, charged, discharged }: Omit<Interval, "buildingMWh">,
  rule: AttributionRule,
  batteries: Batteries,
): void {
  const flows: Record<string, Sums> = {};
  const add = (source: string, sink: string, amount: number): void => {
    if (amount <= 0) return;
    flows[source] ??= {};
    addTo(flows[source]!, sink, amount);
  };
  add(gridName, unknownName, importMWh);
  add(pvName, unknownName, pvMWh);
  add(unknownName, exportName, exportMWh);
  for (const battery in discharged) add(battery, unknownName, discharged[battery]!);
  for (const battery in charged) add(unknownName, battery, charged[battery]!);
  take(sums, flows, rule, batteries);
}

/** Batteries give of what they held before, so that their order does not matter, and then take. */
function take(sums: QuarterSums, flows: Flows, rule: AttributionRule, batteries: Batteries): void {
  const received: Record<string, Sums> = {};
  for (const source in flows) {
    const out = flows[source]!;
    const bySink = isBattery(source) ? givenBy(sums, source, out, rule, batteries) : ofOneOrigin(source, out);
    for (const sink in out) {
      sums.flows[source] ??= {};
      addTo(sums.flows[source]!, sink, out[sink]!);
    }
    for (const origin in bySink)
      for (const sink in bySink[origin]) {
        received[sink] ??= {};
        addTo(received[sink]!, origin, bySink[origin]![sink]!);
      }
  }
  for (const sink in received) {
    const target = (sums.origins[sink] ??= {});
    for (const origin in received[sink]) addTo(target, origin, received[sink]![origin]!);
    if (isBattery(sink))
      addTo(sums.batteryLoss, sink, putInto(batteries.pool(sink), received[sink]!, batteries.efficiency(sink)));
  }
}

const ofOneOrigin = (origin: string, out: Amounts): Record<string, Amounts> => ({ [origin]: out });

/** What a battery gave to each sink, by origin. */
function givenBy(
  sums: QuarterSums,
  battery: string,
  out: Amounts,
  rule: AttributionRule,
  batteries: Batteries,
): Record<string, Sums> {
  const { origins, lossMWh } = giveFrom(batteries.pool(battery), sumOf(out), rule.pools, batteries.efficiency(battery));
  addTo(sums.batteryLoss, battery, lossMWh);
  sums.given[battery] ??= {};
  addAll(sums.given[battery]!, origins);
  return flowsOf("proportional", origins, out);
}

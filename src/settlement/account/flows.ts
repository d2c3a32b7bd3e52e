/**
 * Which source's energy went to which sink in a short time: in proportion (the books of an owner), or by a list of what goes
 * first (a tariff's). Both sums are kept exactly: each source gives all that it gave, each sink gets all that it took.
 */
import { type Amounts, addTo, type Sums, sharesOf, sumOf } from "./amounts.ts";

/** Names of sources and sinks. Vehicles are `v:` with their id, guests `g:` with their account, both on either side. */
export const gridName = "grid";
export const pvName = "pv";
export const buildingName = "building";
export const exportName = "export";
export const lossName = "loss";
/** What nobody can tell: a meter was silent, the controller was not running, or the meters disagree. */
export const unknownName = "unknown";

/** A battery stands on both sides. */
export const isBattery = (name: string): boolean => name.startsWith("v:") || name.startsWith("g:");

export const flowRules = ["proportional", "priority"] as const;
export type FlowRule = (typeof flowRules)[number];

/** One pair of a list: what goes first. `vehicles` are all batteries. */
type Priority = readonly [source: string, sink: string];
const vehicles = "vehicles";

/** What goes first by most rules on netting: one's own PV to one's own load, batteries then, the grid last. */
const usualPriorities: readonly Priority[] = [
  [pvName, buildingName],
  [pvName, vehicles],
  [vehicles, buildingName],
  [vehicles, exportName],
  [pvName, exportName],
  [gridName, buildingName],
  [gridName, vehicles],
];

/** Flows by source and sink, mWh. */
export type Flows = Readonly<Record<string, Amounts>>;

/** `sources` and `sinks` have the same sum. */
export function flowsOf(rule: FlowRule, sources: Amounts, sinks: Amounts): Record<string, Sums> {
  const flows: Record<string, Sums> = {};
  const sourcesLeft: Sums = { ...sources };
  const sinksLeft: Sums = { ...sinks };
  if (rule === "priority")
    for (const [source, sink] of usualPriorities) {
      const from = membersOf(sourcesLeft, source);
      const to = membersOf(sinksLeft, sink);
      const amount = Math.min(sumOf(from), sumOf(to));
      if (amount > 0) mix(flows, sharesOf(amount, from), sharesOf(amount, to), sourcesLeft, sinksLeft);
    }
  mix(flows, { ...sourcesLeft }, { ...sinksLeft }, sourcesLeft, sinksLeft);
  return flows;
}

function membersOf(amounts: Amounts, name: string): Sums {
  const members: Sums = {};
  for (const one in amounts)
    if (amounts[one]! > 0 && (name === vehicles ? isBattery(one) : one === name)) members[one] = amounts[one]!;
  return members;
}

/** Every source to every sink in proportion; a battery to itself only where nothing else is left to take it. */
function mix(flows: Record<string, Sums>, from: Sums, to: Sums, sourcesLeft: Sums, sinksLeft: Sums): void {
  // Whoever may not give to all comes first: the others take what is left.
  const rank = (source: string): number => (isBattery(source) && source in to ? 0 : 1);
  const order = Object.keys(from).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  for (const source of order) {
    const { [source]: same = 0, ...rest } = to;
    const own = isBattery(source) ? same : 0;
    const others = isBattery(source) ? rest : to;
    const elsewhere = Math.min(from[source]!, sumOf(others));
    const shares = sharesOf(elsewhere, others);
    addTo(shares, source, Math.min(own, from[source]! - elsewhere));
    for (const sink in shares) {
      const amount = shares[sink]!;
      flows[source] ??= {};
      addTo(flows[source]!, sink, amount);
      to[sink]! -= amount;
      sinksLeft[sink]! -= amount;
      sourcesLeft[source]! -= amount;
    }
  }
}

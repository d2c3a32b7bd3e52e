/** A site's batteries and its quarter-hours, for tests of the account that work in Wh. */
import {
  type AttributionRule,
  attribute,
  emptySums,
  type Interval,
} from "../../../src/settlement/account/attribute.ts";
import type { Efficiency, Pool } from "../../../src/settlement/account/pools.ts";
import { type AccountEntry, closeQuarter, quarterMs } from "../../../src/settlement/account/row.ts";

export const proportional: AttributionRule = { flows: "proportional", pools: "proportional" };
export const priority: AttributionRule = { flows: "priority", pools: "proportional" };

type Wh = Readonly<Record<string, number>>;
export const mWh = (amounts: Wh): Record<string, number> =>
  Object.fromEntries(Object.entries(amounts).map(([name, wh]) => [name, Math.round(wh * 1_000)]));

export interface Energies {
  readonly grid?: number;
  readonly pv?: number;
  readonly building?: number | null;
  readonly export?: number;
  readonly charged?: Wh;
  readonly discharged?: Wh;
}
const intervalOf = (energies: Energies): Interval => ({
  importMWh: Math.round((energies.grid ?? 0) * 1_000),
  exportMWh: Math.round((energies.export ?? 0) * 1_000),
  pvMWh: Math.round((energies.pv ?? 0) * 1_000),
  buildingMWh: energies.building == null ? null : Math.round(energies.building * 1_000),
  charged: mWh(energies.charged ?? {}),
  discharged: mWh(energies.discharged ?? {}),
});

/** Batteries by name with what they hold, Wh. Guests brought theirs. */
export function batteriesOf(contents: Readonly<Record<string, Wh>>, share = 0.95) {
  const pools = new Map<string, Pool>(
    Object.entries(contents).map(([name, content]) => [
      name,
      { content: mWh(content), brought: name.startsWith("g:") ? `guest:${name.slice(2)}` : "unknown" },
    ]),
  );
  const efficiency: Efficiency = { charge: share, discharge: share };
  return { pool: (name: string): Pool => pools.get(name)!, efficiency: () => efficiency, pools };
}

/** One row of the intervals given. */
export function rowOf(
  energies: readonly Energies[],
  rule: AttributionRule,
  batteries: ReturnType<typeof batteriesOf>,
  facts: Partial<AccountEntry> = {},
): AccountEntry {
  const sums = emptySums();
  for (const one of energies) attribute(sums, intervalOf(one), rule, batteries);
  return closeQuarter(sums, {
    fromMs: 0,
    toMs: quarterMs,
    parallelMs: quarterMs,
    islandMs: 0,
    unknownMs: 0,
    estimatedMWh: 0,
    resolutionMWh: 3_000,
    registersWh: {},
    buildingDerived: energies[0]?.building == null,
    stays: [],
    why: [],
    pools: Object.fromEntries([...batteries.pools].map(([name, { content }]) => [name, { ...content }])),
    rule,
    ...facts,
  });
}

/** Amounts in Wh, to 0.01 as people read them. */
export const wh = (amounts: Wh | undefined): Wh =>
  Object.fromEntries(Object.entries(amounts ?? {}).map(([name, amount]) => [name, Math.round(amount / 10) / 100]));

/** The same attribution written down a second time, in floating point and formula by formula, to be compared over a year. */

type Wh = Record<string, number>;
export interface Flow {
  readonly sources: Wh;
  readonly sinks: Wh;
}

const add = (sums: Wh, name: string, wh: number): void => {
  sums[name] = (sums[name] ?? 0) + wh;
};
const sum = (amounts: Wh): number => Object.values(amounts).reduce((a, b) => a + b, 0);
const isBattery = (name: string): boolean => /^[vg]:/.test(name);

/** flow(s, k) = S·D/ΣD. */
function inProportion({ sources, sinks }: Flow, give: (source: string, sink: string, wh: number) => void): void {
  const all = sum(sinks);
  if (all <= 0) return;
  for (const source in sources) for (const sink in sinks) give(source, sink, (sources[source]! * sinks[sink]!) / all);
}

/** One's own PV to the building, then to vehicles; vehicles to the building, then out; PV out; the grid to what is left. */
function byPriority(flow: Flow, give: (source: string, sink: string, wh: number) => void): void {
  const sources = { ...flow.sources };
  const sinks = { ...flow.sinks };
  const of = (amounts: Wh, kind: string): Wh =>
    Object.fromEntries(
      Object.entries(amounts).filter(([name]) => (kind === "battery" ? isBattery(name) : name === kind)),
    );
  for (const [from, to] of [
    ["pv", "building"],
    ["pv", "battery"],
    ["battery", "building"],
    ["battery", "export"],
    ["pv", "export"],
    ["grid", "building"],
    ["grid", "battery"],
  ] as const) {
    const theirs = of(sources, from);
    const wanted = of(sinks, to);
    const amount = Math.min(sum(theirs), sum(wanted));
    if (amount <= 0) continue;
    for (const source in theirs)
      for (const sink in wanted) {
        const wh = (amount * (theirs[source]! / sum(theirs)) * wanted[sink]!) / sum(wanted);
        give(source, sink, wh);
        sources[source]! -= wh;
        sinks[sink]! -= wh;
      }
  }
  inProportion({ sources, sinks }, give);
}

export class NaiveAccount {
  /** By sink and origin, Wh. */
  readonly origins: Record<string, Wh> = {};
  readonly pools: Record<string, Wh> = {};
  readonly #share: number;

  constructor(share: number) {
    this.#share = share;
  }

  take(flow: Flow, rule: "proportional" | "priority"): void {
    const before = structuredClone(this.pools);
    const given: Wh = {};
    const received: [sink: string, origin: string, wh: number][] = [];
    (rule === "proportional" ? inProportion : byPriority)(flow, (source, sink, wh) => {
      if (!isBattery(source)) received.push([sink, source, wh]);
      else {
        add(given, source, wh);
        const held = before[source]!;
        for (const origin in held) received.push([sink, origin, (wh * held[origin]!) / sum(held)]);
      }
    });
    for (const source in given) {
      const left = 1 - given[source]! / this.#share / sum(before[source]!);
      for (const origin in this.pools[source]) this.pools[source]![origin]! *= left;
    }
    for (const [sink, origin, wh] of received) {
      this.origins[sink] ??= {};
      add(this.origins[sink]!, origin, wh);
      if (isBattery(sink)) add((this.pools[sink] ??= {}), origin, wh * this.#share);
    }
  }

  /** Energy of which nothing but the amount is known went into a battery, or out of it. */
  unknown(battery: string, inWh: number, outWh: number): void {
    const pool = this.pools[battery]!;
    const left = 1 - outWh / this.#share / sum(pool);
    for (const origin in pool) pool[origin]! *= left;
    if (inWh > 0) add(pool, "unknown", inWh * this.#share);
  }
}

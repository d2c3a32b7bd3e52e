/** Which sites get a release when: in rings, each over all utilities, the first so small that what is bad costs little. */
import { createHash } from "node:crypto";

export interface Ring {
  readonly name: string;
  /** Of all sites, with those of the rings before it. */
  readonly share: number;
}
/** Ring 0 is the sites that are named: a bench, a laboratory. */
export const rings: readonly Ring[] = [
  { name: "named sites", share: 0 },
  { name: "1 %", share: 0.01 },
  { name: "10 %", share: 0.1 },
  { name: "half", share: 0.5 },
  { name: "all", share: 1 },
];
export const lastRing = rings.length - 1;
/** The first ring after the named sites has at least so many: one alone proves little. */
const firstMin = 2;

export interface RingSite {
  readonly site: string;
  readonly utility: string;
}

/** The ring of each site. Sites of each utility come in turn, in an order that each release makes anew. */
export function ringsOf(
  release: string,
  sites: readonly RingSite[],
  named: readonly string[],
): ReadonlyMap<string, number> {
  const isNamed = new Set(named);
  const order = (site: string): string => createHash("sha256").update(`${release}/${site}`).digest("hex");
  const queues = new Map<string, string[]>();
  for (const { site, utility } of [...sites].sort((a, b) => (order(a.site) < order(b.site) ? -1 : 1)))
    if (!isNamed.has(site)) queues.set(utility, [...(queues.get(utility) ?? []), site]);
  const inTurn: string[] = [];
  const waiting = [...queues.values()];
  for (let i = 0; waiting.some((queue) => i < queue.length); i++)
    for (const queue of waiting) if (i < queue.length) inTurn.push(queue[i]!);
  const found = new Map<string, number>(sites.flatMap(({ site }) => (isNamed.has(site) ? [[site, 0]] : [])));
  inTurn.forEach((site, i) => {
    const ring = rings.findIndex(
      ({ share }, at) => at > 0 && i < Math.max(at === 1 ? firstMin : 0, Math.ceil(share * inTurn.length)),
    );
    found.set(site, ring);
  });
  return found;
}

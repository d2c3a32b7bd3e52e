/** What hangs on each breaker below the main one, against its rating: phase by phase, within the protective limits. */
import { type CoveredPart, coveredParts } from "../../config/approval-covers.ts";
import type { SiteConfig } from "../../config/site.ts";
import { approvalOf, type Evidence, partName, placeText } from "../evidence.ts";
import { amps, isAbove, kW, phaseVoltageV } from "../figures.ts";
import { type Clash, when } from "./row.ts";

const phaseNames = ["a", "b", "c"] as const;
type Phases = Readonly<Record<(typeof phaseNames)[number], number>>;

/** The most that a part takes or gives, W, and on which phase. */
function powerOf(
  { evses, pcc, pv }: SiteConfig,
  { kind, index }: CoveredPart,
): { readonly powerW: number; readonly phase: string } {
  if (kind === "pv") return { powerW: pv[index]!.ratedW, phase: "all" };
  if (kind === "group") {
    const { chargeLimitW, dischargeLimitW } = pcc.groups[index]!;
    return { powerW: Math.max(chargeLimitW, dischargeLimitW), phase: "all" };
  }
  if (kind !== "evse") return { powerW: 0, phase: "all" };
  const { maxChargeW, maxDischargeW, phase } = evses[index]!;
  return { powerW: Math.max(maxChargeW, maxDischargeW), phase };
}

/** The tightest protective limit over all of the parts: the site's, or that of a group which has them all, W. */
function protectiveW({ pcc }: SiteConfig, parts: readonly CoveredPart[]): number {
  const fed = parts.map(({ kind, index }) => (kind === "evse" ? index + 1 : Number.NaN));
  const groups = pcc.groups.filter(({ evses }) => fed.every((number) => evses.includes(number)));
  return Math.min(pcc.conductorLimitW, ...groups.map((group) => Math.max(group.chargeLimitW, group.dischargeLimitW)));
}

/** Power of each phase, W: what has all phases is spread over them. */
function phasesOf(config: SiteConfig, parts: readonly CoveredPart[]): Phases {
  const count = { three: 3, split: 2, single: 1 }[config.site.phases];
  const phases = { a: 0, b: 0, c: 0 };
  for (const part of parts) {
    const { powerW, phase } = powerOf(config, part);
    for (const [i, name] of phaseNames.entries())
      if (phase === name) phases[name] += powerW;
      else if (phase === "all" && i < count) phases[name] += powerW / count;
  }
  return phases;
}

const pathOf = ({ kind, index }: CoveredPart): readonly PropertyKey[] =>
  kind === "group"
    ? ["pcc", "groups", index, "chargeLimitW"]
    : kind === "pv"
      ? ["pv", index, "ratedW"]
      : ["evses", index, "maxChargeW"];

/** Breakers that are smaller than what may flow through them. */
export function aboveBreakers(evidence: Evidence): readonly Clash[] {
  const { config } = evidence.site;
  return approvalOf(evidence).service.breakers.flatMap(({ name, covers, ratedA }, i) => {
    const parts = covers.flatMap((word) => coveredParts(config, word));
    const sumW = parts.reduce((sum, part) => sum + powerOf(config, part).powerW, 0);
    const held = sumW === 0 ? 0 : Math.min(1, protectiveW(config, parts) / sumW);
    const largestW = held * Math.max(...Object.values(phasesOf(config, parts)));
    const who = parts.length === 1 ? partName(config, parts[0]!) : covers.join(", ");
    return when(isAbove(largestW, phaseVoltageV(config.site) * ratedA), () => ({
      sentence: `${who} may take ${kW(held * sumW)}, ${amps(largestW / phaseVoltageV(config.site))} on a phase, through breaker ${name} of ${amps(ratedA)}`,
      here: placeText(evidence, pathOf(parts[0]!)),
      there: placeText(evidence, ["approval", "service", "breakers", i, "ratedA"]),
    }));
  });
}

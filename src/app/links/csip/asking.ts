/** Asks the port for what the server wants: caps as they change, along their ramps; a request renewed while it stands. */
import type { SiteConfig } from "../../../config/site.ts";
import type { DerFigures } from "../../../protocols/csip/bodies.ts";
import type { ControlReport } from "../../control/shared/report.ts";
import type { Asker, LinkPort } from "../link-port.ts";
import { rampedW, rateOf } from "./ramp.ts";
import { type AllWanted, type CapName, capNames } from "./wanted.ts";

/** Lease of a request, and when it is renewed, s: it ends soon after this process. */
const leaseS = 60;
const renewS = 20;
/** A ramp moves in steps of this time, s: each is written to disk. */
const rampStepS = 1;

export interface AskingFacts {
  readonly report: ControlReport | null;
  readonly figures: DerFigures;
  readonly config: SiteConfig;
  /** Hundredths of a percent of the rating each second; 0: at once. */
  readonly gradient: number;
  readonly serverS: number;
}

export interface Asking {
  follow(wanted: AllWanted, facts: AskingFacts): void;
}

export function createAsking(links: Pick<LinkPort, "ask" | "release" | "standing">): Asking {
  const asker = (name: string): Asker => ({
    ...{ link: "csip", id: "utility", name, rights: ["power", "limits"], isPerson: false },
  });
  /** Each cap as it stands at the port, and the change under way. */
  const caps = new Map<CapName, { value: number; by: string; toW: number; rateWPerS: number; atS: number }>();
  // What a process before this one has asked stands; it is replaced, never asked twice.
  for (const { link, kind, what, value, asker: by } of links.standing())
    if (link === "csip" && kind === "cap" && isCap(what))
      caps.set(what, { value, by, toW: value, rateWPerS: Number.POSITIVE_INFINITY, atS: Number.NEGATIVE_INFINITY });
  let request: { readonly value: number; readonly by: string; readonly atMs: number } | null = null;

  function followCap(name: CapName, wanted: AllWanted["caps"][CapName], facts: AskingFacts): void {
    const nowS = performance.now() / 1_000;
    const known = caps.get(name);
    const from = known?.value ?? Number.POSITIVE_INFINITY;
    const to = wanted?.value ?? Number.POSITIVE_INFINITY;
    if (from === to && (known === undefined || known.by === wanted?.by)) return;
    const { flowW, mostW } = flowOf(name, facts);
    const isOngoing = known !== undefined && known.toW === to;
    if (isOngoing && nowS - known.atS < rampStepS && from !== to) return;
    const begin = Number.isFinite(from) ? from : flowW;
    const rate = isOngoing
      ? known.rateWPerS
      : name === "parallelService"
        ? Number.POSITIVE_INFINITY
        : rateOf(begin, Math.min(to, mostW), wanted?.rampS ?? Number.NaN, facts.gradient, ratedOf(facts));
    const passedS = isOngoing ? nowS - known.atS : rampStepS;
    const value = rampedW(from, to, rate, passedS, flowW, mostW);
    if (value === Number.POSITIVE_INFINITY) {
      if (known !== undefined) links.release(asker(known.by), name, 0);
      caps.delete(name);
      return;
    }
    const by = wanted?.by ?? known?.by ?? "CSIP";
    const receipt = links.ask(asker(by), { what: name, evse: 0, value: Math.round(value), reason: by });
    if (receipt.accepted) caps.set(name, { value: value === to ? to : value, by, toW: to, rateWPerS: rate, atS: nowS });
  }

  function followRequest(wanted: AllWanted["powerW"], serverS: number): void {
    if (wanted === null) {
      if (request !== null) links.release(asker(request.by), "powerW", 0);
      request = null;
      return;
    }
    const value = Math.round(wanted.value);
    const isSame = request !== null && request.value === value && request.by === wanted.by;
    if (isSame && performance.now() - request!.atMs < renewS * 1_000) return;
    const leftS = wanted.untilS === null ? leaseS : wanted.untilS - serverS;
    const validS = Math.max(1, Math.min(leaseS, leftS));
    const receipt = links.ask(asker(wanted.by), { what: "powerW", evse: 0, value, validS, reason: wanted.by });
    // One that is refused is asked for again: what stands against it may end.
    request = receipt.accepted || !isSame ? { value, by: wanted.by, atMs: performance.now() } : request;
  }

  return {
    follow(wanted, facts) {
      for (const name of capNames) followCap(name, wanted.caps[name], facts);
      followRequest(wanted.powerW, facts.serverS);
    },
  };
}

const isCap = (what: string): what is CapName => capNames.some((name) => name === what);
const ratedOf = ({ figures }: AskingFacts): number => Math.max(figures.maxChargeW, figures.maxDischargeW);

/** What flows now in a cap's direction, and what could at most, W. */
function flowOf(name: CapName, { report, figures, config }: AskingFacts): { flowW: number; mostW: number } {
  const { maxChargeW, maxDischargeW } = figures;
  const pccW = report?.site.pccW ?? Number.NaN;
  const stagesW = report?.stages.reduce((sum, { powerW }) => sum + powerW, 0) ?? Number.NaN;
  switch (name) {
    case "exportLimitW":
      return { flowW: Math.max(0, -pccW), mostW: Math.min(config.pcc.exportLimitW, maxDischargeW) };
    case "importLimitW":
      return { flowW: Math.max(0, pccW), mostW: Math.min(config.pcc.importLimitW, Math.max(0, pccW) + maxChargeW) };
    case "dischargeLimitW":
      return { flowW: Math.max(0, -stagesW), mostW: maxDischargeW };
    default:
      return { flowW: Math.max(0, stagesW), mostW: maxChargeW };
  }
}

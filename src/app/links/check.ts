/** What is wrong with an ask: its place, its value, the asker's rights, and what stands against a request from the start. */
import type { SiteConfig } from "../../config/site.ts";
import type { EvseInputs } from "../control/shared/inputs.ts";
import type { ControlReport } from "../control/shared/report.ts";
import { held, type People } from "../people.ts";
import { askRow } from "./asks.table.ts";
import type { Ask, Asker } from "./link-port.ts";
import type { RefusalKey } from "./refusals.ts";

/** A lease is at most a day: a system that has asked and is gone must not be heeded for longer. */
const leaseMaxS = 86_400;
/** The end of a cap lies at most a year ahead. */
const capEndMaxS = 366 * 86_400;

export function findFault(asker: Asker, ask: Ask, evseCount: number): RefusalKey | null {
  const row = askRow(ask.what);
  if (!(Number.isInteger(ask.evse) && ask.evse >= 0 && ask.evse <= evseCount)) return "unknown-evse";
  if (row.kind === "closed") return "closed";
  if (ask.evse === 0 ? row.scope === "evse" : row.scope === "site") return "scope";
  if (!asker.rights.includes(row.right)) return "not-allowed";
  if ("choices" in row) return row.choices.includes(String(ask.value)) ? null : "value";
  if (typeof ask.value !== "number" || !(ask.value >= row.min && ask.value <= row.max)) return "value";
  const isLasting = (validS: number, maxS: number): boolean => validS >= 1 && validS <= maxS;
  if (row.kind === "request" && !(ask.validS !== undefined && isLasting(ask.validS, leaseMaxS))) return "lease";
  if (row.kind === "cap" && ask.validS !== undefined && !isLasting(ask.validS, capEndMaxS)) return "lease";
  if (ask.renewS === undefined && ask.failSafeW === undefined) return null;
  const isRenewed = row.kind === "cap" && isLasting(ask.renewS ?? 0, leaseMaxS) && (ask.failSafeW ?? -1) >= 0;
  return isRenewed ? null : "fail-safe";
}

export interface RequestWorld {
  readonly config: Pick<SiteConfig, "evses">;
  readonly inputs: readonly Pick<EvseInputs, "dischargeEnabled">[];
  readonly people: Pick<People, "get">;
  readonly report: ControlReport | null;
}

/** Why a request for power can't be followed by any of its EVSEs, as things are; null where at least one can. */
export function standsAgainst(world: RequestWorld, { evse, value }: Ask): RefusalKey | null {
  const evses = evse === 0 ? world.config.evses.map((_, i) => i + 1) : [evse];
  const powerW = Number(value);
  if (powerW === 0) return null;
  let first: RefusalKey | null = null;
  for (const one of evses) {
    const against = againstOne(world, one, powerW);
    if (against === null) return null;
    first ??= against;
  }
  return first;
}

function againstOne({ config, inputs, people, report }: RequestWorld, evse: number, powerW: number): RefusalKey | null {
  const level = people.get("held", evse)?.value ?? 0;
  if (level >= (powerW < 0 ? held.discharging : held.everything)) return "stopped";
  if (powerW > 0) return null;
  if (!(config.evses[evse - 1]!.maxDischargeW > 0)) return "no-discharge";
  if (!inputs[evse - 1]!.dischargeEnabled) return "discharge-disabled";
  const refusal = report?.site.parallelRefusal ?? "";
  return report !== null && !report.site.parallelOK && refusal !== "" ? refusal : null;
}

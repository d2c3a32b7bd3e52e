/**
 * What a link asks that stands like a person's own word: departures, reserves, stops. It goes into the record of people, so that
 * a restart forgets none of it. A system takes back only what systems have asked: a person's stop ends by a person.
 */
import type { SiteConfig } from "../../config/site.ts";
import type { ControlReport } from "../control/shared/report.ts";
import { held, type People, type PersonsRequest, type RequestName } from "../people.ts";
import type { ChargerMode } from "./asks.table.ts";
import type { Ask, Asker } from "./link-port.ts";
import type { RefusalKey } from "./refusals.ts";

export interface SettingsOptions {
  readonly config: Pick<SiteConfig, "evses">;
  readonly people: Pick<People, "get" | "ask" | "forget">;
  /** Departures have changed: whoever plans looks again. */
  readonly replan: () => void;
}

/** Puts a setting into force, or says why not. */
export function applySetting(
  { config, people, replan }: SettingsOptions,
  asker: Asker,
  ask: Ask,
  report: ControlReport | null,
  nowMs: number,
): RefusalKey | null {
  const evses = ask.evse === 0 ? config.evses.map((_, i) => i + 1) : [ask.evse];
  const request = (value: number): PersonsRequest => ({
    value,
    by: asker.name.slice(0, 80),
    atMs: nowMs,
    reason: (ask.reason ?? "").slice(0, 400),
    ...(!asker.isPerson && { link: asker.link }),
  });
  const number = Number(ask.value);
  switch (ask.what) {
    case "departsAtMs":
    case "targetPct":
    case "energyWh": {
      if (ask.what === "departsAtMs" && number <= nowMs) return "past";
      if (report !== null && !report.stages[ask.evse - 1]?.vehicleConnected) return "no-vehicle";
      const value = ask.what === "energyWh" ? targetOf(report, ask.evse, number) : number;
      if (Number.isNaN(value)) return "no-capacity";
      people.ask(ask.what === "departsAtMs" ? "departsAtMs" : "targetPct", ask.evse, request(value));
      replan();
      return null;
    }
    case "reservePct": {
      const isBelow = (evse: number): boolean => {
        const stands = people.get("reservePct", evse);
        const persons = stands !== undefined && stands.link === undefined && !asker.isPerson ? stands.value : 0;
        return number < Math.max(config.evses[evse - 1]!.reservePct, persons);
      };
      if (evses.some(isBelow)) return "below-reserve";
      for (const evse of evses) people.ask("reservePct", evse, request(number));
      return null;
    }
    default:
      return applyMode(people, asker, ask, evses, request, replan);
  }
}

function applyMode(
  people: SettingsOptions["people"],
  asker: Asker,
  ask: Ask,
  evses: readonly number[],
  request: (value: number) => PersonsRequest,
  replan: () => void,
): RefusalKey | null {
  const mode = ask.value as ChargerMode;
  const level = mode === "stop" ? held.everything : mode === "noDischarge" ? held.discharging : 0;
  const mayForget = (name: RequestName, evse: number): boolean => {
    const stands = people.get(name, evse);
    return stands === undefined || asker.isPerson || stands.link !== undefined;
  };
  // A person's stop is above what a system says; a system may stop more than a person has.
  if (evses.some((evse) => !mayForget("held", evse) && (people.get("held", evse)?.value ?? 0) > level))
    return "stopped";
  for (const evse of evses) {
    const stands = people.get("held", evse)?.value ?? 0;
    if (level > 0 && stands !== level) people.ask("held", evse, request(level));
    else if (level === 0 && stands > 0) people.forget("held", evse);
    if (mode === "chargeNow") people.ask("chargeNow", evse, request(1));
    else if (mayForget("chargeNow", evse) || level === held.everything) people.forget("chargeNow", evse);
  }
  replan();
  return null;
}

/** State of charge that so much energy from now on leads to, percent; NaN where the battery is not known. */
function targetOf(report: ControlReport | null, evse: number, energyWh: number): number {
  const stage = report?.stages[evse - 1];
  if (stage === undefined || !(stage.capacityWh > 0)) return Number.NaN;
  return Math.min(100, stage.socPct + (energyWh / stage.capacityWh) * 100);
}

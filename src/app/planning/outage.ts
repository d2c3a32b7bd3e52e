/**
 * Energy that the vehicles should hold together for an outage: hours of tier 1 by the configuration, more while somebody warns of a
 * storm or a shutoff (a person, a file). The plan charges for it before the price counts; departures still come first.
 */
import { readFileSync, statSync } from "node:fs";
import { z } from "zod";
import type { SiteConfig } from "../../config/site.ts";
import type { ControlReport } from "../control/shared/report.ts";
import type { Log } from "../log.ts";
import type { Documents } from "../store/store.ts";
import type { MadePlan } from "./planning.ts";
import { slotMs } from "./situation.ts";

/** Somebody expects an outage. */
export interface OutageWarning {
  /** Hours of tier 1 that should be there. */
  readonly hours: number;
  readonly untilMs: number;
  readonly by: string;
  readonly reason: string;
}

export interface OutagePlanning {
  /** What is wanted now: hours, and the energy above the reserves that they take. */
  wanted(nowMs: number): { readonly hours: number; readonly energyWh: number };
  warning(nowMs: number): OutageWarning | null;
  /** Null takes a warning back; that of a file stands until the file says otherwise. */
  warn(warning: OutageWarning | null): void;
  look(report: ControlReport, nowMs: number): void;
  /** When the plan has the vehicles hold what is wanted; NaN: not within the horizon. */
  readyAtMs(made: MadePlan | null): number;
  /** Hours of tier 1 that the vehicles hold above their reserves by the plan at the end of each slot; empty: not known. */
  hoursAhead(made: MadePlan | null): number[];
}

const warningHoursMax = 240;
const warningSchema = z.object({
  hours: z.number().min(0).max(warningHoursMax),
  untilMs: z.number(),
  by: z.string().max(80),
  reason: z.string().max(200),
});
const fileSchema = z.object({
  hours: z.number().min(0).max(warningHoursMax),
  until: z.iso.datetime({ offset: true }),
  reason: z.string().max(200).default(""),
});

const collection = "planning";
/** The file is looked at this often, ms; larger ones are no warning, bytes. */
const fileEveryMs = 10_000;
const fileMaxBytes = 10_000;
/** From the batteries to the loads. */
const dischargeEfficiency = 0.93;

export function createOutagePlanning(
  config: Pick<SiteConfig, "planning" | "tiers">,
  store: Documents,
  log: Log,
): OutagePlanning {
  const { runwayH, warningFile } = config.planning;
  let person = readKept(store);
  let ofFile: OutageWarning | null = null;
  let fileDueMs = Number.NEGATIVE_INFINITY;
  let said = "";
  let tierW = config.tiers[0]?.loadW ?? 0;

  const say = (sentence: string): void => {
    if (sentence !== said && sentence !== "") log("warn", sentence);
    said = sentence;
  };
  const readFile = (file: string): void => {
    try {
      if (statSync(file).size > fileMaxBytes) throw new Error(`it is larger than ${fileMaxBytes} bytes`);
      const { hours, until, reason } = fileSchema.parse(JSON.parse(readFileSync(file, "utf8")));
      ofFile = { hours, untilMs: Date.parse(until), by: "file", reason };
      say("");
    } catch (failure) {
      const { code, message } = failure as NodeJS.ErrnoException;
      // No file is no warning. One that can't be read is said, and the warning before it stands until its end.
      if (code === "ENOENT") ofFile = null;
      else
        say(`The warning of an outage in ${file} can't be read (${message.split("\n")[0]}). The one before it counts.`);
    }
  };
  const warning = (nowMs: number): OutageWarning | null => {
    const standing = [person, ofFile].filter((one): one is OutageWarning => one !== null && one.untilMs > nowMs);
    return standing.sort((a, b) => b.hours - a.hours)[0] ?? null;
  };
  const wanted = (nowMs: number): { hours: number; energyWh: number } => {
    const hours = Math.max(runwayH, warning(nowMs)?.hours ?? 0);
    return { hours, energyWh: (hours * tierW) / dischargeEfficiency };
  };
  return {
    wanted,
    warning,
    warn(given) {
      person = given;
      if (given === null) store.remove(collection, "warning");
      else store.put(collection, "warning", JSON.stringify(given));
    },
    look({ tiers }, nowMs) {
      const measuredW = tiers[0]?.loadW;
      if (measuredW !== undefined && measuredW > 0) tierW = measuredW;
      if (warningFile === undefined || (nowMs < fileDueMs && nowMs >= fileDueMs - fileEveryMs)) return;
      fileDueMs = nowMs + fileEveryMs;
      readFile(warningFile);
    },
    readyAtMs(made) {
      if (made === null || made.situation.backupWh <= 0) return Number.NaN;
      const { situation } = made;
      const t = heldWh(made).findIndex((held) => held >= situation.backupWh * 0.999);
      if (t < 0) return Number.NaN;
      return t === 0 ? situation.nowMs : situation.startsAtMs + (t + 1) * slotMs;
    },
    hoursAhead: (made) =>
      made === null || !(tierW > 0) ? [] : heldWh(made).map((held) => (held * dischargeEfficiency) / tierW),
  };
}

/** Energy that counts for an outage at the end of each slot of the plan. */
function heldWh({ plan, built, situation }: MadePlan): number[] {
  return Array.from({ length: situation.slots }, (_, t) => {
    let held = 0;
    built.stays.forEach(({ stay }, k) => {
      const energyWh = plan.outcome.stays[k]?.energyWh[t - Math.max(0, stay.arrivalSlot)];
      if ((stay.maxDischargeW > 0 || stay.backsUp) && t < stay.departureSlot && energyWh !== undefined)
        held += Math.max(0, energyWh - stay.minWh);
    });
    return held;
  });
}

function readKept(store: Documents): OutageWarning | null {
  try {
    return warningSchema.nullable().parse(JSON.parse(store.get(collection, "warning") ?? "null"));
  } catch {
    return null;
  }
}

/** The charging places of a site whose sessions with vehicles the controller speaks, as its configuration describes them. */
import { join } from "node:path";
import type { SiteConfig } from "../../config/site.ts";
import { readQuirks } from "../../protocols/iso15118/quirk-files.ts";
import type { PlaceStart } from "./messages.ts";

/** Kinds of vehicles that need something else than the rest. */
const kindsFolder = join(import.meta.dirname, "../../../config/vehicles");

/** What each EVSE with a vehicle link begins with; a mistake in a kind's file is told, and the kind left out. */
export function placesOf(
  { evses, site, authorization }: SiteConfig,
  awaitsSchedules: boolean,
  mistaken: (mistake: string) => void,
): PlaceStart[] {
  if (evses.every(({ vehicleLink }) => vehicleLink === undefined)) return [];
  const { rows: quirks, mistakes } = readQuirks(kindsFolder);
  mistakes.forEach(mistaken);
  const nominalV = site.phases === "three" ? site.nominalVoltageV / Math.sqrt(3) : site.nominalVoltageV;
  return evses.flatMap(({ vehicleLink: link, maxChargeW, maxDischargeW, dischargeEnabled }, index): PlaceStart[] => {
    if (link === undefined) return [];
    return [
      {
        index,
        link,
        evseId: link.evseId ?? `ZZ*ISL*E${String(index + 1).padStart(3, "0")}`,
        maxChargeW,
        maxDischargeW: dischargeEnabled ? maxDischargeW : 0,
        nominalV,
        nominalHz: Number(site.nominalFrequencyHz),
        encryption: undefined,
        quirks,
        authorization: authorization === "none" ? "accepted" : "waiting",
        awaitsSchedules,
      },
    ];
  });
}

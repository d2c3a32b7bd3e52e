/** Settings of the planner: what the vehicles together should hold for an outage. No setting here widens a limit. */
import { group, numberOr, text } from "../setting.ts";

export const planningSettings = group(
  {
    runwayH: numberOr(0, {
      sentence:
        "Hours for which the vehicles should hold the energy of tier 1, above their reserves; 0: no more than the reserves.",
      unit: "h",
      min: 0,
      max: 240,
      source: "requirement R30",
    }),
    warningFile: text({
      sentence:
        "A file that warns of an outage, JSON: hours, until and reason. Somebody else writes it; the vehicles are charged for it while it holds.",
      maxLength: 300,
      example: "/run/islet/warning.json",
    }).optional(),
  },
  "Planning the day.",
);

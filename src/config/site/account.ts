/** Settings of the energy account: by which rule energy is attributed, and who has agreed what. No setting here limits a power. */
import { choiceOr, group, numberOr, text } from "../setting.ts";

const efficiency = (sentence: string) => numberOr(95, { sentence, unit: "%", min: 50, max: 100 });

export const accountSettings = group(
  {
    flows: choiceOr("proportional", ["proportional", "priority"], {
      sentence:
        "Which source's energy goes where: in proportion, or one's own PV to one's own building first, then to vehicles, then out, and the grid last.",
    }),
    batteries: choiceOr("proportional", ["proportional", "grid-first", "pv-first"], {
      sentence: "Which of its energy a battery gives first.",
    }),
    chargeEfficiencyPct: efficiency("From the charger into the battery, for vehicles that have none of their own."),
    dischargeEfficiencyPct: efficiency("From the battery to the charger, likewise."),
    agreementsFile: text({
      sentence: "Mutual-aid agreements for visiting vehicles: parties, prices, dates; a YAML file.",
      maxLength: 300,
      example: "agreements.yaml",
    }).optional(),
  },
  "The energy account: origin and use by quarter-hours.",
);

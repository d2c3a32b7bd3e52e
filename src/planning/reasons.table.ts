/** Why a vehicle does in a slot what it does, and what would have to be otherwise for it to do something else. */

const planReasons = {
  absent:           { name: "not there",        sentence: "No vehicle is there." },
  price:            { name: "price",            sentence: "The price of this slot, against the other slots of the stay, decides." },
  need:             { name: "departure",        sentence: "It needs this slot to have its energy at departure." },
  reserve:          { name: "reserve",          sentence: "It came below its reserve and is raised to it first, or is held at it." },
  commitment:       { name: "event",            sentence: "A commitment to the utility is delivered in this slot." },
  "demand-peak":    { name: "demand peak",      sentence: "More import, or less discharge, would raise the billed peak." },
  "import-limit":   { name: "import limit",     sentence: "The site's import limit is used up in this slot." },
  "group-limit":  { name: "feeder",           sentence: "The limit that some chargers share is used up in this slot." },
  "export-limit":   { name: "export limit",     sentence: "The site may not export more in this slot." },
  "self-supply":    { name: "own supply",       sentence: "It follows load and PV: beyond them importing costs more or exporting pays less than the energy is worth." },
  rating:           { name: "full power",       sentence: "Charger or vehicle give no more." },
  taper:            { name: "battery",          sentence: "The battery takes less when it is nearly full." },
  full:             { name: "full",             sentence: "The battery holds the most that it may." },
  "minimum-power":  { name: "minimum power",    sentence: "Less than the minimum is not possible." },
  fallback:         { name: "simple plan",      sentence: "Planned without optimisation: cheapest slots by urgency." },
} as const;

export type PlanReason = keyof typeof planReasons;

/** Name and sentence of a reason, for people. */
export const slotReason = (reason: PlanReason): { readonly name: string; readonly sentence: string } => planReasons[reason];

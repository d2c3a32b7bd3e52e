import type { EventWords } from "../event-words.ts";

/** The island: starts, sources, tiers, energy and return. */
export const islandEvents = {
  startFailed: {
    sentence: "The island did not start. {startsLeft} of {startsMax} starts are left.",
    cause: "No voltage came up on the site bus, or the grid came back meanwhile.",
    todo: "Look at the chargers that should form the island.",
    severity: "warning", clears: "itself",
  },
  returnFailed: {
    sentence: "Return to the grid failed for {failedMin}. The site stays an island.",
    cause: "K1 does not close, or the grid does not stay good.",
    todo: "Look at K1. The island goes on meanwhile.",
    severity: "critical", clears: "onReset",
  },
  islandStarted: {
    sentence: "K1 proven open; dead bus checked; island started in {darkS}.",
    cause: "The grid was lost and backup is allowed.",
    todo: "",
    severity: "record", clears: "itself",
  },
  islandEnded: {
    sentence: "The island has ended.",
    cause: "{why}",
    todo: "",
    severity: "notice", clears: "itself",
  },
  islandEnding: {
    sentence: "The island ends in {runwayH}.",
    cause: "No vehicle holds more energy above its reserve.",
    todo: "Plug in a vehicle that can feed the island, or shed a tier.",
    severity: "critical", clears: "itself",
  },
  tierShed: {
    sentence: "{tier} was shed.",
    cause: "The energy above the reserve is kept for the tiers above it.",
    todo: "",
    severity: "notice", clears: "itself",
  },
  tierRestored: {
    sentence: "{tier} is fed again.",
    cause: "Power and energy are enough.",
    todo: "",
    severity: "record", clears: "itself",
  },
  auxBattery: {
    sentence: "The controller runs from its auxiliary battery.",
    cause: "The bus is dead.",
    todo: "",
    severity: "notice", clears: "itself",
  },
  pvBeyondShift: {
    sentence: "Photovoltaics give more than loads and batteries take, and frequency can hold them back no further.",
    cause: "These inverters give way less than the island needs, or not at all. The power stage that forms may disconnect.",
    todo: "Switch photovoltaics off at their breaker, or switch loads on. Have an inverter installed that takes a power limit, or that gives way fully below 61.5 Hz.",
    severity: "warning", clears: "itself",
  },
  "starts-used": {
    sentence: "The island has failed to start as often as it may be tried.",
    cause: "No start led to a stable voltage on the site bus.",
    todo: "Find the cause, then reset on site. The grid’s return ends it too.",
    severity: "critical", clears: "onReset",
  },
  "auxiliary-low": {
    sentence: "The auxiliary battery has too little left for another black start.",
    cause: "Starts and the time in the dark have used it up.",
    todo: "Charge it, or wait for the grid; what is left keeps the controller awake.",
    severity: "critical", clears: "itself",
  },
  "source-missing": {
    sentence: "No vehicle can feed the island.",
    cause: "None that holds more than its reserve stands at a charger that may form the island.",
    todo: "Plug in such a vehicle at such a charger.",
    severity: "warning", clears: "itself",
  },
  "tier-overload": {
    sentence: "A tier takes more than the island can carry when it is switched on, so it stays off.",
    cause: "The island’s voltage fell, or its power was too much, right after it was switched on.",
    todo: "Find what starts there, then reset on site.",
    severity: "warning", clears: "onReset",
  },
} as const satisfies Record<string, EventWords>;

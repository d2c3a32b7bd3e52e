import type { EventWords } from "../event-words.ts";

/** Vehicles: arrivals, departures, and what they will not reach. */
export const vehicleEvents = {
  targetMissed: {
    sentence: "{vehicle} cannot reach {targetPct} by {departsByMs}. Forecast {forecastPct}.",
    cause: "{why}",
    todo: "Plan another vehicle for its route, or let it charge first.",
    severity: "warning", clears: "itself",
  },
  departureMissed: {
    sentence: "{vehicle} was to leave at {departsByMs} with {targetPct}. It is still here, with {socPct}.",
    cause: "The power or the time was not enough, or its plan has changed.",
    todo: "Give it a new departure, or clear the old one. Until then it is charged first and gives nothing.",
    severity: "warning", clears: "itself", ends: "When it has {targetPct}, leaves, or has another departure.",
  },
  neededAt: {
    sentence: "{vehicle} is needed at {neededByMs}. Keep it plugged in.",
    cause: "It takes over from {from}, which is then at its reserve.",
    todo: "Keep it plugged in.",
    severity: "notice", clears: "itself",
  },
  sessionStopped: {
    sentence: "{vehicle} stopped its session.",
    cause: "{why}",
    todo: "Unplug charger {evse} and plug in again. If it repeats, send {vehicle} to the workshop.",
    severity: "warning", clears: "itself",
  },
  pluggedIn: {
    sentence: "{vehicle} is plugged in at charger {evse}.",
    cause: "",
    todo: "",
    severity: "record", clears: "itself",
  },
  unplugged: {
    sentence: "{vehicle} has left charger {evse}.",
    cause: "",
    todo: "",
    severity: "record", clears: "itself",
  },
  targetReached: {
    sentence: "{vehicle} reached its {targetPct} target.",
    cause: "",
    todo: "",
    severity: "record", clears: "itself",
  },
} as const satisfies Record<string, EventWords>;

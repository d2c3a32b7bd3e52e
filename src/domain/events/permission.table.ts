import type { EventWords } from "../event-words.ts";

/** Permission to run in parallel: the permit, the utility's signals, the grid code, and the clock that they need. */
export const permissionEvents = {
  firmwareNotCovered: {
    sentence: "Power stage {stage}’s firmware is not covered by the permit. Parallel operation is off.",
    cause: "The firmware is {firmware}; the permit covers {covers}.",
    todo: "Install the covered firmware, or a permit that covers this one.",
    severity: "warning", clears: "itself",
  },
  stageNotCovered: {
    sentence: "The power stage of charger {evse} is not covered by the permit. Parallel operation is off.",
    cause: "Its serial number is {serial}.",
    todo: "Install a permit that covers it, or the power stage that was permitted.",
    severity: "warning", clears: "itself",
  },
  permitRefused: {
    sentence: "The installed permit is refused. Parallel operation is off.",
    cause: "{why}",
    todo: "Install a valid permit.",
    severity: "warning", clears: "itself",
  },
  permitInstalled: {
    sentence: "Permit {reference} installed.",
    cause: "Entered by {by}.",
    todo: "",
    severity: "record", clears: "itself",
  },
  permitRevoked: {
    sentence: "The permit is revoked. Parallel operation is off.",
    cause: "Withdrawn by the utility or an installer.",
    todo: "Ask the utility.",
    severity: "warning", clears: "itself",
  },
  "permissive-missing": {
    sentence: "The utility’s permissive signal is not there. Nothing is given back to the grid.",
    cause: "The utility has taken it away, or its receiver is off.",
    todo: "Check its receiver; ask the utility.",
    severity: "warning", clears: "itself",
  },
  "anti-islanding-off": {
    sentence: "A power stage’s anti-islanding function is off. Nothing is given back to the grid.",
    cause: "Its settings were changed, or it was never switched on.",
    todo: "Have it switched on at the charger.",
    severity: "critical", clears: "itself",
  },
  "service-disabled": {
    sentence: "The utility has disabled parallel operation.",
    cause: "Its signal or the grid profile’s permit-service setting says so.",
    todo: "Wait for the utility to permit service again.",
    severity: "notice", clears: "itself",
  },
  "permit-revoked": {
    sentence: "The permit has been revoked. Nothing is given back to the grid.",
    cause: "The utility or an installer has withdrawn it.",
    todo: "Ask the utility; a new permit must be installed.",
    severity: "warning", clears: "itself", ends: "When a new permit is installed.",
  },
  "grid-code-open": {
    sentence: "The grid code has settings that nobody has stated. Nothing is given back to the grid.",
    cause: "No source of the code’s file tells them, and no person has entered them.",
    todo: "Ask the grid operator, enter them in a file that site.gridProfile refers to, and start again.",
    severity: "warning", clears: "itself", ends: "When an installer has entered them.",
  },
  "permit-expired": {
    sentence: "The permit has expired. Nothing is given back to the grid.",
    cause: "Its last day is over.",
    todo: "Ask the utility for a new one and install it.",
    severity: "warning", clears: "itself", ends: "When a new permit is installed.",
  },
  "permit-not-yet-valid": {
    sentence: "The permit is not valid yet. Nothing is given back to the grid.",
    cause: "Its first day lies ahead by this controller’s clock.",
    todo: "Wait for its first day, or correct the clock.",
    severity: "notice", clears: "itself",
  },
  "clock-untrusted": {
    sentence: "The clock is not set, so that no permit can be valid.",
    cause: "Nothing has set it since the machine started.",
    todo: "Set the clock or connect a time server.",
    severity: "warning", clears: "itself",
  },
  "clock-set-back": {
    sentence: "The clock has been set back. A permit that has expired stays expired.",
    cause: "The log has records from later than now.",
    todo: "Correct the clock; if it had run ahead, an installer installs the permit again.",
    severity: "warning", clears: "onReset",
  },
} as const satisfies Record<string, EventWords>;

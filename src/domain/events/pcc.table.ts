import type { EventWords } from "../event-words.ts";

/** The grid connection: what was exported or imported beyond a limit, and what the control of it has found out. */
export const pccEvents = {
  inadvertentExport: {
    sentence: "Exported {peakW} for {durationS}. {load} dropped {dropW}.",
    cause: "{load} switched off at once.",
    todo: "",
    severity: "notice", clears: "itself",
  },
  exportBeyond: {
    sentence: "Exported {peakW} more than permitted for {durationS}.",
    cause: "{why}",
    todo: "",
    severity: "notice", clears: "itself",
  },
  importBeyond: {
    sentence: "Imported {peakW} more than allowed for {durationS}.",
    cause: "{why}",
    todo: "",
    severity: "notice", clears: "itself",
  },
  exportLong: {
    sentence: "An export beyond the permit lasted longer than {longS}.",
    cause: "The vehicles were asked to give less and it did not end.",
    todo: "Compare meter, chargers and permit, then acknowledge the record’s alarms under Actions.",
    severity: "critical", clears: "onReset",
  },
  exportAlarm: {
    sentence: "Exported {count} times in 24 h although the permit says no.",
    cause: "Loads switch off faster than the margin allows.",
    todo: "Raise the import that is held at the PCC, then acknowledge the record’s alarms under Actions.",
    severity: "warning", clears: "onReset",
  },
  "relay-latched": {
    sentence: "The reverse-power or minimum-import relay has tripped. Nothing is given back to the grid.",
    cause: "Power went the wrong way at the PCC for longer than the relay allows.",
    todo: "Find the cause, then reset the relay on site.",
    severity: "critical", clears: "onReset",
  },
  "meter-slower": {
    sentence: "The PCC meter shows changes about {laterMs} later than configured. Power rises more slowly.",
    cause: "Its averaging window, its interval or its network is slower than the settings say; otherwise power would swing for ever.",
    todo: "Measure them (islet commission, step nudges), correct updateMs, windowMs and latencyMs of the meter, then restart.",
    severity: "warning", clears: "afterDelay", ends: "With a restart, a reset on site, or when it has been tried again after an hour.",
  },
  "stage-slower": {
    sentence: "{stage} follows its setpoint about {laterMs} later than configured. Power rises more slowly.",
    cause: "Its response, dead time, slew or command period is slower than the settings say; otherwise power would swing for ever.",
    todo: "Measure them (islet commission, step nudges), correct responseMs, deadTimeMs, slewPctPerS and commandPeriodMs of the power stage, then restart.",
    severity: "warning", clears: "afterDelay", ends: "With a restart, a reset on site, or when it has been tried again after an hour.",
  },
  "promise-broken": {
    sentence: "A limit at the grid connection is kept within {foundMs} after a step of the load; the site promises {promisedMs}.",
    cause: "As found while it runs, {later}.",
    todo: "Look for what delays them (network, gateway, firmware); or measure them (islet commission, step nudges), correct the settings, and state what the site can promise.",
    severity: "warning", clears: "itself", ends: "When meter and power stages are as fast again as the promise needs.",
  },
  "control-unsteady": {
    sentence: "A limit at the grid connection was exceeded again and again. Power keeps a wider margin and rises slowly.",
    cause: "A load switches every few seconds, or meter and power stages do otherwise than configured.",
    todo: "Find the load; compare the settings of meter and power stages with their data sheets.",
    severity: "warning", clears: "afterDelay", ends: "Step by step, ten minutes after the last excess.",
  },
  reductionAsked: {
    sentence: "The grid operator asks for less: all chargers together take {limitW} at most.",
    cause: "Its contact says so.",
    todo: "Nothing is to be done; charging goes on as before when the contact is back.",
    severity: "notice", clears: "itself",
  },
  reductionUnknown: {
    sentence: "Whether the grid operator asks for less is not known: all chargers together take {limitW} at most.",
    cause: "{device}, which its contact is wired to, does not answer.",
    todo: "Look at this module under Health.",
    severity: "warning", clears: "itself",
  },
} as const satisfies Record<string, EventWords>;

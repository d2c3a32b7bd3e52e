import type { EventWords } from "../event-words.ts";

/** Chargers and their power stages. */
export const chargerEvents = {
  stageDisobeys: {
    sentence: "Charger {evse} does not follow its setpoint.",
    cause: "It gives {measuredW} where {askedW} was asked.",
    todo: "Check the power stage; it is not used until it follows again.",
    severity: "critical", clears: "afterDelay",
  },
  stageAlarm: {
    sentence: "The power stage of charger {evse} reports an alarm and is not used.",
    cause: "Its alarm: {alarms}.",
    todo: "Look at the charger, mend the cause, then reset the alarm there.",
    severity: "warning", clears: "itself", ends: "When the power stage reports no alarm any more.",
  },
  emergencyStop: {
    sentence: "The emergency stop of charger {evse} is pressed.",
    cause: "Somebody has pressed it, or its wiring is open.",
    todo: "Find out why, then release it and reset the alarm at the charger. A person must also resume the charger here.",
    severity: "critical", clears: "onReset", ends: "When it is released and reset at the charger; then resume the charger under Actions.",
  },
  emergencyHold: {
    sentence: "Charger {evse} stays stopped after its emergency stop.",
    cause: "Nothing starts again by itself after an emergency stop.",
    todo: "When the charger is safe, resume it under Actions.",
    severity: "warning", clears: "onReset", ends: "When a person resumes the charger.",
  },
  stageLocal: {
    sentence: "The power stage of charger {evse} is under local control and is not used.",
    cause: "Its own switch or panel has taken it over.",
    todo: "Switch it back to remote control when the work there is done.",
    severity: "notice", clears: "itself", ends: "When it is under remote control again.",
  },
  functionsDiffer: {
    sentence: "The grid functions of charger {evse} differ from the profile. It may not run in parallel.",
    cause: "Register {register} is {found}, expected {expected}.",
    todo: "Find out who changed it. Then an installer writes the functions anew under Actions.",
    severity: "warning", clears: "onReset",
  },
} as const satisfies Record<string, EventWords>;

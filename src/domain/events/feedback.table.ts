import type { EventWords } from "../event-words.ts";

/** What is not known: devices that do not answer, that stand still or contradict each other, and the controller's own stalls. */
export const feedbackEvents = {
  blind: {
    sentence: "The site has no feedback: {device} does not answer.",
    cause: "No answer for {silentMs} when it began. Most often its supply or its network has failed.",
    todo: "Check its supply and its network cable.",
    severity: "critical", clears: "itself",
  },
  blindFrozen: {
    sentence: "The site has no feedback: {device} answers with old values.",
    cause: "Its own clock has stood for {silentMs}.",
    todo: "Restart the device. If it repeats, ask its manufacturer.",
    severity: "critical", clears: "itself",
  },
  blindNever: {
    sentence: "The site has no feedback: {device} has not answered since the start.",
    cause: "It is off, its address is wrong, or its network is not connected.",
    todo: "Check its supply, its network cable and its address in the configuration.",
    severity: "critical", clears: "itself",
  },
  blindContacts: {
    sentence: "The site has no feedback: K1 contact NO says {no}, NC says {nc}.",
    cause: "The two contacts of K1 disagree.",
    todo: "Look at K1’s contact blocks and their wiring.",
    severity: "critical", clears: "itself",
  },
  blindUnmeasured: {
    sentence: "The site has no feedback: {device} tells no voltage.",
    cause: "K1’s position is proven by its contacts and the voltages of both sides; a voltage that is not known is neither live nor dead.",
    todo: "Look at this device under Health: its supply, its line, and whether it is fed by the side that it measures.",
    severity: "critical", clears: "itself",
  },
  blindStalled: {
    sentence: "The controller itself stood still for {silentMs}; every charger is off.",
    cause: "The machine gave it no time. The devices and their cables are not to blame.",
    todo: "See what else runs on the machine; give the controller real-time priority.",
    severity: "critical", clears: "itself",
  },
  blindMoment: {
    sentence: "The site had no feedback for a moment: a device’s values were missing.",
    cause: "The device answered again before it could be named.",
    todo: "If it repeats, look at the devices’ latencies under Health.",
    severity: "warning", clears: "itself",
  },
  deviceSilent: {
    sentence: "{device} does not answer.",
    cause: "{why}",
    todo: "Check its supply and its network cable.",
    severity: "warning", clears: "itself", ends: "When it answers again.",
  },
  deviceFrozen: {
    sentence: "{device} answers with old values.",
    cause: "Its own clock or counter stands still.",
    todo: "Restart the device. If it repeats, ask its manufacturer.",
    severity: "warning", clears: "itself", ends: "When its clock moves again.",
  },
  deviceFault: {
    sentence: "{device}: {why}",
    cause: "It answers and can’t be used as it is.",
    todo: "{clears}",
    severity: "warning", clears: "itself",
  },
  deviceBack: {
    sentence: "{device} answers again.",
    cause: "The link is restored.",
    todo: "",
    severity: "record", clears: "itself",
  },
  controllerLate: {
    sentence: "The controller itself stood still: stalls in the last minute {count}, the longest so far {longestMs}.",
    cause: "Its machine was too busy. No device and no cable is to blame.",
    todo: "See what else runs on the machine; where the controller has no real-time priority, give it (CAP_SYS_NICE).",
    severity: "warning", clears: "afterDelay", ends: "When a minute has passed without.",
  },
  "meter-stale": {
    sentence: "The PCC meter does not answer. Discharging stopped.",
    cause: "Its supply or its network has failed, or another program holds its connection.",
    todo: "Check the meter’s supply and network cable.",
    severity: "critical", clears: "itself", ends: "When it answers again.",
  },
  "meter-frozen": {
    sentence: "The PCC meter is frozen. Discharging stopped.",
    cause: "It answers, and its values or its own count have not moved for {silentMs}.",
    todo: "Restart the meter. If it repeats, ask its manufacturer.",
    severity: "critical", clears: "afterDelay", ends: "A few seconds after its values move again.",
  },
  "meter-implausible": {
    sentence: "The PCC meter reports impossible values. Discharging stopped.",
    cause: "A value is missing or out of range, or its phases do not add up to its sum.",
    todo: "Check its scale, its range, its wiring and its current transformers.",
    severity: "critical", clears: "afterDelay", ends: "Five seconds after its values are possible again.",
  },
  "meter-contradicts": {
    sentence: "The PCC meter does not see the chargers’ power. Discharging stopped.",
    cause: "Its current transformers are reversed, at another place or on another phase, or it shows another circuit.",
    todo: "Check the direction and the place of its current transformers, then reset.",
    severity: "critical", clears: "onReset",
  },
} as const satisfies Record<string, EventWords>;

import type { EventWords } from "../event-words.ts";

/** The transfer device: K1, the bond, a generator beside it, and lockouts. */
export const transferEvents = {
  k1NotOpen: {
    sentence: "K1 did not prove open within {travelLimitS}. Locked out.",
    cause: "A main pole is welded, or one contact block is stuck.",
    todo: "Follow “What to do now”. Nothing restarts by itself.",
    severity: "critical", clears: "onReset",
  },
  k1NotClosed: {
    sentence: "K1 did not prove closed within {travelLimitS}.",
    cause: "The coil has no supply, or one contact block is stuck.",
    todo: "Check K1 and its supply.",
    severity: "warning", clears: "onReset",
  },
  lockedOut: {
    sentence: "Locked out. K1 contact NO says {no}, NC says {nc}.",
    cause: "What the devices report can’t all be true.",
    todo: "Follow “What to do now”. Nothing restarts by itself.",
    severity: "critical", clears: "onReset",
  },
  lockedOutMoved: {
    sentence: "Locked out. K1 moved without a command: NO says {no}, NC says {nc}.",
    cause: "Somebody or something else operates K1, or its coil has lost its supply.",
    todo: "Follow “What to do now”. Find out who or what operates K1.",
    severity: "critical", clears: "onReset",
  },
  lockedOutStage: {
    sentence: "Locked out. A power stage went on giving power although it was told to stop.",
    cause: "It does not follow its commands.",
    todo: "Follow “What to do now”. Find the power stage under Events and take it out of service.",
    severity: "critical", clears: "onReset",
  },
  lockedOutVoltages: {
    sentence: "Locked out. The voltages on both sides of K1 contradict its contacts.",
    cause: "A contact or a voltmeter is wrong, or another source feeds the site.",
    todo: "Follow “What to do now”. Measure both sides of K1.",
    severity: "critical", clears: "onReset",
  },
  lockedOutSource: {
    sentence: "Locked out. The site bus keeps its voltage although every charger is off.",
    cause: "Another source feeds the site: a generator, foreign PV, or a second feed.",
    todo: "Follow “What to do now”. Find that source and disconnect it.",
    severity: "critical", clears: "onReset",
  },
  lockedOutConducts: {
    sentence: "Locked out. K1 says open and conducts: the utility’s line was fed from the site.",
    cause: "A pole of K1 is welded or bridged behind contacts that don’t know it. The site has stopped feeding it.",
    todo: "Follow “What to do now”. Call a technician: measure each pole of K1 while it is open. After a reset the site is a load only until K1 has opened under a live grid with nothing left on the site bus.",
    severity: "critical", clears: "onReset",
  },
  lockedOutBefore: {
    sentence: "Locked out since before the controller started.",
    cause: "A restart ends no lockout.",
    todo: "Follow “What to do now”. Nothing restarts by itself.",
    severity: "critical", clears: "onReset",
  },
  opensUnproven: {
    sentence: "Charging only: K1 has not proven that it opens since it failed to.",
    cause: "K1 did not open when it was told to, or conducted while it said open. A site that can’t be sure to leave the grid gives nothing back and starts no backup.",
    todo: "Have K1 repaired. Then begin a planned island on site while the grid is there: when K1 opens and the site bus is dead, it has proven it, and this ends by itself.",
    severity: "warning", clears: "itself",
  },
  generatorRuns: {
    sentence: "The generator runs: the power stages stay off the bus.",
    cause: "Its contact says so. No island is formed and K1 is not closed beside it.",
    todo: "Nothing is to be done; the power stages come back when it stands still.",
    severity: "notice", clears: "itself",
  },
  generatorUnknown: {
    sentence: "Whether the generator runs is not known: the power stages stay off the bus.",
    cause: "{device}, which its contact is wired to, does not answer.",
    todo: "Look at this module under Health.",
    severity: "warning", clears: "itself",
  },
  bondNotMade: {
    sentence: "The bond between neutral and ground is not proven: no island is formed.",
    cause: "Its contactor was told to close, and its two contacts do not both say that it has.",
    todo: "Look at the contactor of the bond, its contacts and their wiring.",
    severity: "critical", clears: "itself",
  },
  bondNotUndone: {
    sentence: "The bond between neutral and ground is not proven off: K1 is not closed onto it.",
    cause: "Its contactor was told to open, and its two contacts do not both say that it has.",
    todo: "Look at the contactor of the bond: with K1 closed, neutral current flows through ground.",
    severity: "critical", clears: "itself",
  },
} as const satisfies Record<string, EventWords>;

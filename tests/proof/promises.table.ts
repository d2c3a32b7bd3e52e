/**
 * What the mode machine promises in each single cycle, and what its state keeps, as terms for a solver: whatever the facts are,
 * whatever the timings. A promise that needs what an earlier cycle has made sure of leans on `kept`, which is proven by induction:
 * it holds at a start, and each cycle keeps it.
 */
import { modeRules } from "../../src/core/modes/machine.ts";
import { intentNames, startsMax } from "../../src/core/modes/state.ts";
import { type Mode, modeNames } from "../../src/domain/modes.ts";
import { isOneOf } from "./machine.ts";
import { and, equal, implies, not, or, type Term } from "./terms.ts";

const is = (...modes: Mode[]): Term => isOneOf("p.mode", modes);
const was = (...modes: Mode[]): Term => isOneOf("s.mode", modes);
const enters = (...modes: Mode[]): Term => and(is(...modes), not(equal("p.mode", "s.mode")));
const forms: readonly Mode[] = modeNames.filter((mode) => modeRules[mode].form);
const intentIs = (state: "s" | "p", intent: (typeof intentNames)[number]): Term =>
  equal(`${state}.intent`, intentNames.indexOf(intent));
/** One contact says otherwise for a moment while the voltages prove K1 open. */
const glitch = and("f.voltagesProveOpen", not("f.provenClosed"), not("held.contradiction.glitchMs"));

/** True of every fact that `deriveModeFacts` can make; a test draws snapshots and looks. */
export const factsAre: Readonly<Record<string, Term>> = {
  "proven open: a device that answers, and not proven closed": implies("f.provenOpen", and("f.deviceFresh", "f.canIsolate", not("f.provenClosed"))),
  "proven closed: the device answers": implies("f.provenClosed", "f.deviceFresh"),
  "contacts disagree: neither proven": equal("f.disagree", and("f.deviceFresh", not("f.provenOpen"), not("f.provenClosed"))),
  "without a device: closed, and it answers": implies(not("f.canIsolate"), and("f.provenClosed", "f.deviceFresh")),
  "a dead bus: everybody answers, no voltage, all off": implies("f.busDead", and("f.deviceFresh", "f.stagesFresh", "f.busVoltageDead", "f.off")),
  "off: nobody forms or gives": implies("f.off", and(not("f.anyForming"), not("f.anyDischarging"))),
  "all answer: all are heard": implies("f.stagesFresh", "f.stagesHeard"),
  "live and dead exclude each other": and(not(and("f.gridLive", "f.gridDead")), not(and("f.busLive", "f.busVoltageDead"))),
  "a voltage that is known comes from a device that answers": implies(or("f.gridLive", "f.gridDead", "f.busLive", "f.busVoltageDead", "f.busServes"), "f.deviceFresh"),
  "a good grid: the device answers, no other source": implies("f.gridGood", and("f.deviceFresh", not("f.otherSource"))),
  "a grid that holds: device and meter answer": implies("f.gridHolds", and("f.deviceFresh", "f.meterFresh")),
  "everything agrees on open: proven open, bus dead": implies("f.coherentOpen", and("f.provenOpen", "f.busDead")),
  "everything agrees on closed: proven closed": implies("f.coherentClosed", "f.provenClosed"),
  "backup needs a device": implies("f.backupOK", "f.canIsolate"),
  "voltages prove open: one side live, the other dead": implies("f.voltagesProveOpen", and("f.canIsolate", or(and("f.gridLive", "f.busVoltageDead"), and("f.gridDead", "f.busLive")))),
  "contacts that disagree are a contradiction": implies("f.disagree", "f.contradiction"),
};

/** What each state keeps from cycle to cycle; `state` is "s" before the cycle and "p" after it. */
export const kept: Readonly<Record<string, (state: "s" | "p") => Term>> = {
  "a mode, an intent, and starts there are": (state) =>
    and(
      [">=", `${state}.mode`, 0],
      ["<", `${state}.mode`, modeNames.length],
      [">=", `${state}.intent`, 0],
      ["<", `${state}.intent`, intentNames.length],
    ),
  "starts are between none and all, and one that has not begun is taken from them": (state) =>
    and(
      [">=", `${state}.startsLeft`, 0],
      ["<=", `${state}.startsLeft`, startsMax],
      implies(isOneOf(`${state}.mode`, ["islandStarting"]), ["<", `${state}.startsLeft`, startsMax]),
    ),
  "locked out is on record": (state) => implies(isOneOf(`${state}.mode`, ["lockedOut"]), intentIs(state, "locked")),
  "an island, on the way, running or on record, has a K1 that opens": (state) =>
    implies(or(isOneOf(`${state}.mode`, [...forms, "transferToIsland"]), intentIs(state, "island")), not(`${state}.opensUnproven`)),
  "a command that its record permits waits in its own mode": (state) =>
    implies(not(`${state}.armed`), isOneOf(`${state}.mode`, modeNames.filter((mode) => modeRules[mode].until !== undefined))),
};

/** What must hold of each cycle. */
export const promises: Readonly<Record<string, Term>> = {
  "nothing forms without both contacts open, but for a glitch that the voltages contradict, and a closed transition":
    implies("o.form", or("f.provenOpen", glitch, is("closingLive"))),
  "in a closed transition nothing forms unseen: device and stages answer": implies(and("o.form", is("closingLive")), and("f.deviceFresh", "f.stagesFresh")),
  "nothing forms without backup authority": implies("o.form", "f.backupOK"),
  "nothing forms behind a K1 that may not open": implies("o.form", not("p.opensUnproven")),
  "a start begins on a proven dead bus, with a source, a start and a reason": implies(
    enters("islandStarting"),
    and("f.provenOpen", "f.busDead", "f.sourceReady", ["<", "p.startsLeft", startsMax], or("held.gridOut.outMs", "held.gridNotGood.outMs", "f.islandRequested", "s.returnBlocked")),
  ),
  "nothing is given back without authority, but while a planned island opens": implies(and("o.mayDischarge", not(is("transferToIsland"))), and("f.parallelOK", not("p.opensUnproven"))),
  "nothing is given back to a grid that fails": implies(and("o.mayDischarge", not(is("transferToIsland"))), "f.gridHolds"),
  "while a planned island opens, power is given back with right and grid, or behind an open K1": implies(
    and("o.mayDischarge", is("transferToIsland"), was("transferToIsland")),
    or("f.provenOpen", and("f.gridHolds", "f.parallelOK", not("p.opensUnproven"))),
  ),
  "what gives back is joined: K1 is proven closed": implies(and("o.mayDischarge", not(is("transferToIsland"))), "f.provenClosed"),
  "service is entered after the whole delay of a good grid that holds": implies(enters("ramping"), and("held.gridGood.enterServiceMs", "f.gridHolds", "aged.enterServiceMs")),
  "nothing is commanded on a K1 that does not answer": implies(or("o.form", "o.moves", "o.mayDischarge"), "f.deviceFresh"),
  "nothing forms or closes while a stage is silent, but an island that is seen to run": implies(or("o.form", "o.closes"), or("f.stagesFresh", "f.anyForming")),
  "K1 closes with every stage off, or in a closed transition": implies(and("o.closes", is("closing")), "f.off"),
  "K1 begins to close onto a dead bus": implies(enters("closing"), and("f.busDead", "f.provenOpen")),
  "a closed transition begins in synchronism, on a good grid": implies(enters("closingLive"), and("f.inSync", "f.gridGood", "f.provenOpen")),
  "a closed transition goes on in synchronism": implies(and("o.closes", is("closingLive"), was("closingLive"), "s.armed", not("f.provenClosed"), not("f.disagree")), and("f.syncHolds", "f.gridHolds", "f.gridLive")),
  "K1 is never told to close before that is on record": implies(and("o.closes", not("s.armed")), "p.stored"),
  "K1 is never told to close beside a generator, or before the bond is off": implies(and("o.closes", not("s.armed")), and(not("f.otherSource"), "f.unbonded")),
  "until it is known where the site is, nothing moves": implies(is("unknown", "noFeedback"), not(or("o.form", "o.moves", "o.mayDischarge"))),
  "an island is adopted only as recorded, seen by everything": implies(and(was("unknown"), is("islandRunning")), and(intentIs("s", "island"), "f.provenOpen", "f.busLive", "f.anyForming", "f.backupOK")),
  "a lockout on record outlives a restart": implies(and(was("unknown"), intentIs("s", "locked")), is("lockedOut")),
  "a lockout ends by a person, when everything agrees": implies(
    and(was("lockedOut"), not(is("lockedOut"))),
    and("f.resetRequest", or("held.coherentClosed.coherentMs", "held.coherentOpen.coherentMs")),
  ),
  "in a lockout K1 only opens, and nothing forms or is given back": implies(is("lockedOut"), not(or("o.form", "o.closes", "o.mayDischarge"))),
  "the grid is left for a request or a lasting outage": implies(
    or(enters("isolating"), enters("transferToIsland")),
    and("f.backupOK", or("f.islandRequested", "held.gridOut.outMs")),
  ),
  "K1 that did not open is remembered": implies(and(was("opening", "transferToIsland"), is("lockedOut"), not("f.provenClosed"), "f.disagree"), or("p.opensUnproven", "s.opensUnproven")),
  "K1 is trusted again only after it has opened under a live grid": implies(
    and("s.opensUnproven", not("p.opensUnproven")),
    and(was("isolated"), "f.provenOpen", "f.gridLive", "f.busDead"),
  ),
};

/**
 * One charging place in the thread that speaks with vehicles: its listener, its facts, what its session asks for. It listens on
 * the address of its interface, whenever that has one; a vehicle at one place never disturbs another.
 */
import { dayMs, secondMs } from "../../domain/units.ts";
import { isDirect } from "../../protocols/iso15118/sessions/contract.ts";
import type { Session } from "../../protocols/iso15118/sessions/session.ts";
import type { Kept } from "../../protocols/iso15118/transport/connections.ts";
import type { ControlReport } from "../control/shared/report.ts";
import { createIntent } from "../control/shared/vehicle-intents.ts";
import { createPlaceFacts, hasPort, type PlaceFacts, refreshFacts } from "./charger-facts.ts";
import type { Door, DoorOptions } from "./door.ts";
import { intend, intendNothing } from "./intent.ts";
import type {
  AcPairs,
  Authorization,
  ContractOffer,
  ContractReply,
  Encryption,
  FromSessions,
  PlaceStart,
  VehicleWord,
} from "./messages.ts";
import { createPlaceDesk } from "./place-desk.ts";
import { createSleep, idleWhyOf } from "./sleep.ts";
import { waitsFor } from "./waits.ts";

/** What a vehicle says is told on this often, ms. */
const tellEveryMs = 1_000;
/** Counters of a stage are read once a second: after this they hold what has flown, ms. */
const meterMs = 2_500;
/** Connections without a session are told together, this often, ms. */
const noiseEveryMs = 10_000;

/** A vehicle that does not negotiate again is left with what it has, ms: the limits of the loop hold anyway. */
const askAgainMaxMs = 60_000;
/** A paused session is kept this long while the vehicle stays plugged in, ms. */
const keptMaxMs = dayMs;

const noPort = "the power stage has not told yet that it has a vehicle port (model 64904)";

const phasesOf = { dc: 0, mcs: 0, ac1: 1, ac3: 3 } as const;

export interface Place {
  readonly index: number;
  readonly intent: ReturnType<typeof createIntent>;
  /** Takes a new report over. */
  refresh(report: ControlReport, nowMs: number): void;
  /** To be called every few milliseconds: renews the intent, tells what is new. */
  tick(nowMs: number): void;
  authorize(state: Authorization, stop: boolean): void;
  secure(encryption: Encryption): void;
  /** Vehicles that may feed through their own inverter here. */
  permit(pairs: AcPairs): void;
  contracts(offer: ContractOffer | null): void;
  reply(ask: number, reply: ContractReply): void;
  /** What the vehicle may choose from. */
  schedules(schedules: PlaceFacts["schedules"]): void;
  stop(): Promise<void>;
}

export interface PlaceOptions {
  readonly start: PlaceStart;
  readonly now: () => number;
  /** Seconds since 1970. */
  readonly unixS: () => number;
  /** Where vehicles come in; sockets in a site, memory in a simulation. */
  readonly openDoor: (options: DoorOptions) => Door;
  readonly say: (message: FromSessions) => void;
  /** The session has changed: its intent goes out at once. */
  readonly changed: () => void;
}

export function createPlace({ start, now, unixS, openDoor, say, changed }: PlaceOptions): Place {
  const { index, link } = start;
  const facts = createPlaceFacts({ ...start, connector: link.connector });
  facts.authorization = start.authorization;
  const intent = createIntent();
  const startWh = { charged: 0, discharged: 0 };
  const meter = { charged: Number.NaN, discharged: Number.NaN };
  let session: Session | undefined;
  let chosen: Session["chosen"];
  /** Since when a vehicle in the loop is asked to negotiate again; NaN while it is not. */
  let askAgainAtMs = Number.NaN;
  let stopAsked = false;
  const sleep = createSleeper(start, say);
  let driven = false;
  let toldAtMs = Number.NEGATIVE_INFINITY;
  let toldStep = "";
  /** A session that has ended and whose energy is still to be told. */
  let used: { readonly vehicleId: string; readonly atMs: number } | undefined;
  let pairs: AcPairs = { vehicles: [], why: facts.noAcDischarge };
  const noise = createNoise(index, say);
  const kept: Kept = { session: undefined };
  let keptAtMs = Number.NaN;
  const desk = createPlaceDesk({ index, say, session: () => session });
  const door = openDoor({ start, now, say, facts, kept, desk: desk.open, onSession, onEnd });

  function onSession(one: Session): void {
    if (one !== session && one.end === "") {
      tellEnergy();
      session = one;
      chosen = undefined;
      facts.schedules = [];
      facts.scheduleAwaited = start.awaitsSchedules;
      askAgainAtMs = Number.NaN;
      startWh.charged = meter.charged;
      startWh.discharged = meter.discharged;
    }
    if (one.chosen !== undefined && one.chosen !== chosen) {
      chosen = one.chosen;
      askAgainAtMs = Number.NaN;
      say({ kind: "chosen", index, vehicleId: one.vehicle.id, chosen });
    }
    facts.unixS = unixS();
    pair();
    renew(now());
    changed();
  }

  function want(nowMs: number): void {
    const asks = nowMs - askAgainAtMs < askAgainMaxMs;
    facts.wants = stopAsked ? "stop" : sleep.asks ? "pause" : asks ? "renegotiate" : "charge";
  }

  /** Checked for the vehicle that is in session, at each of its requests. */
  function pair(): void {
    const id = session?.vehicle.id.toUpperCase() ?? "";
    facts.noAcDischarge = pairs.vehicles.includes(id) ? "" : pairs.why;
  }

  function onEnd(why: string, ended: Session | undefined): void {
    if (ended === undefined) noise.add(why);
    else {
      const { vehicle, protocol, end } = ended;
      const contractRefused = ended === session && desk.takeRefused();
      const how = end === "" ? "failed" : end;
      say({ kind: "ended", index, vehicleId: vehicle.id, protocol, end: how, why, contractRefused });
      if (ended === session) {
        session = undefined;
        used = { vehicleId: vehicle.id, atMs: now() + meterMs };
        if (end === "paused") keptAtMs = now();
      }
    }
    renew(now());
    changed();
  }

  function tellEnergy(): void {
    if (used === undefined) return;
    const chargedWh = meter.charged - startWh.charged;
    const dischargedWh = meter.discharged - startWh.discharged;
    if (!Number.isNaN(chargedWh)) say({ kind: "energy", index, vehicleId: used.vehicleId, chargedWh, dischargedWh });
    used = undefined;
  }

  function renew(nowMs: number): void {
    if (session === undefined || session.end !== "") {
      intendNothing(intent, door.open, nowMs);
      if (door.open && sleep.dutyPct !== undefined) intent.portDutyPct = sleep.dutyPct;
    } else {
      const { presentVoltageV: voltageV, ratings } = facts;
      intend(intent, session, { voltageV, maxA: ratings.maxCurrentA, phases: phasesOf[link.connector] }, nowMs);
    }
  }

  return {
    index,
    intent,
    refresh(report, nowMs) {
      const stage = report.stages[index]!;
      meter.charged = stage.importWh;
      meter.discharged = stage.exportWh;
      driven = hasPort(stage);
      refreshFacts(facts, report, index, session?.order, startWh, nowMs);
      facts.unixS = unixS();
      sleep.idleWhy = idleWhyOf(report, index);
      // A vehicle that was unplugged, whichever it was, doesn't come back to what it had.
      const isGone = facts.pilot === "A" && facts.trouble === "";
      if (isGone || nowMs - keptAtMs > keptMaxMs) kept.session = undefined;
    },
    tick(nowMs) {
      door.look(driven ? "" : noPort, nowMs);
      sleep.look(session, facts, nowMs);
      want(nowMs);
      renew(nowMs);
      if (session !== undefined) {
        const step = `${session.protocol} ${session.state} ${session.order.phase} ${session.loop.isIn} ${session.vehicle.id} ${session.vehicle.needsAtMs > 0}`;
        if (step !== toldStep || nowMs - toldAtMs >= tellEveryMs) {
          toldStep = step;
          toldAtMs = nowMs;
          say({ kind: "vehicle", index, word: wordOf(session, facts, nowMs) });
        }
      }
      if (used !== undefined && nowMs >= used.atMs) tellEnergy();
      noise.tell(nowMs);
    },
    authorize(state, stop) {
      facts.authorization = state;
      stopAsked = stop;
      want(now());
    },
    schedules(schedules) {
      facts.schedules = schedules;
      facts.scheduleAwaited = false;
      if (session?.loop.isIn === true && schedules.length > 0) askAgainAtMs = now();
    },
    secure: (encryption) => door.secure(encryption),
    permit(newest) {
      pairs = newest;
      pair();
    },
    contracts: desk.offer,
    reply: desk.reply,
    stop: () => door.close(),
  };
}

/** The place's vehicle as far as it sleeps; `idleWhy` is why nothing is to flow, as of the newest report. */
function createSleeper({ index, link }: PlaceStart, say: PlaceOptions["say"]) {
  const sleep = createSleep(link.pauseAfterS * secondMs);
  /** Who was in session last. */
  let vehicleId = "";
  return {
    idleWhy: "",
    get asks() {
      return sleep.asks;
    },
    get dutyPct() {
      return sleep.dutyPct;
    },
    look(session: Session | undefined, { pilot, trouble }: PlaceFacts, nowMs: number): void {
      const inSession = session !== undefined && session.end === "";
      if (inSession) vehicleId = session.vehicle.id;
      const inLoop = inSession && session.loop.isIn;
      const { idleWhy: why } = this;
      const news = sleep.look({ inLoop, inSession, plugged: pilot !== "A" || trouble !== "", idleWhy: why }, nowMs);
      if (news !== undefined) say({ kind: "sleep", index, vehicleId, news, why });
    },
  };
}

/** Connections that came to no session: counted, and told together. */
function createNoise(index: number, say: PlaceOptions["say"]) {
  let count = 0;
  let why = "";
  let toldAtMs = Number.NEGATIVE_INFINITY;
  return {
    add(newest: string): void {
      count++;
      why = newest;
    },
    tell(nowMs: number): void {
      if (count === 0 || nowMs - toldAtMs < noiseEveryMs) return;
      say({ kind: "noise", index, why, count });
      count = 0;
      toldAtMs = nowMs;
    },
  };
}

/** Why nothing may be taken out of the vehicle in this session, apart from what the site allows just now. */
function whyNoDischarge({ protocol, loop }: Session, { connector, ratings, noAcDischarge }: PlaceFacts): string {
  if (protocol !== "ISO 15118-20") return `${protocol} knows one direction only`;
  if (!(ratings.minW < 0)) return "discharging is not enabled at this place";
  if (!isDirect(connector) && noAcDischarge !== "") return noAcDischarge;
  return loop.choice.bidirectional || loop.choice.serviceId === 0 ? "" : "the vehicle has not agreed to it";
}

const wordOf = (session: Session, facts: PlaceFacts, nowMs: number): VehicleWord => {
  const { vehicle, protocol, order, loop } = session;
  return {
    vehicleId: vehicle.id,
    protocol,
    phase: order.phase,
    inEnergy: loop.isIn && order.phase === "energy",
    needsKnown: vehicle.needsAtMs > 0,
    bidirectional: loop.choice.bidirectional,
    dynamic: loop.choice.dynamic,
    socPct: vehicle.socPct,
    targetSocPct: vehicle.targetSocPct,
    minSocPct: vehicle.minSocPct,
    capacityWh: vehicle.capacityWh,
    maxChargeW: vehicle.maxW,
    maxDischargeW: -vehicle.minW,
    leastChargeW: vehicle.leastChargeW,
    maxVoltageV: vehicle.maxVoltageV,
    targetWh: vehicle.targetWh,
    mostWh: vehicle.mostWh,
    leastWh: vehicle.leastWh,
    departsInMs: vehicle.departureAtMs - nowMs,
    demandW: order.currentA * facts.presentVoltageV,
    noDischarge: whyNoDischarge(session, facts),
    heardMsAgo: nowMs - loop.heardAtMs,
    waits: waitsFor(session, facts, nowMs),
  };
};

/**
 * One charging place in the thread that speaks with vehicles: its listener, its facts, what its session asks for. It listens on
 * the address of its interface, whenever that has one; a vehicle at one place never disturbs another.
 */
import { networkInterfaces } from "node:os";
import type { Session } from "../../protocols/iso15118/sessions/session.ts";
import { startDiscovery } from "../../protocols/iso15118/transport/discovery-server.ts";
import { startVehicleListener, type VehicleListener } from "../../protocols/iso15118/transport/listener.ts";
import type { ControlReport } from "../control/shared/report.ts";
import { createIntent } from "../control/shared/vehicle-intents.ts";
import { createPlaceFacts, hasPort, refreshFacts } from "./charger-facts.ts";
import { intend, intendNothing } from "./intent.ts";
import type { Authorization, FromSessions, PlaceStart, VehicleWord } from "./messages.ts";

/** An interface that is not there yet, or has another address than before, is looked for this often, ms. */
const lookEveryMs = 3_000;
/** Devices are found within this of the start: until then it is no news that one is missing, ms. */
const graceMs = 10_000;
/** What a vehicle says is told on this often, ms. */
const tellEveryMs = 1_000;
/** Counters of a stage are read once a second: after this they hold what has flown, ms. */
const meterMs = 2_500;
/** Connections without a session are told together, this often, ms. */
const noiseEveryMs = 10_000;

const phasesOf = { dc: 0, ac1: 1, ac3: 3 } as const;

export interface Place {
  readonly index: number;
  readonly intent: ReturnType<typeof createIntent>;
  /** Takes a new report over. */
  refresh(report: ControlReport, nowMs: number): void;
  /** To be called every few milliseconds: renews the intent, tells what is new. */
  tick(nowMs: number): void;
  authorize(state: Authorization, stop: boolean): void;
  stop(): Promise<void>;
}

export interface PlaceOptions {
  readonly start: PlaceStart;
  readonly now: () => number;
  readonly say: (message: FromSessions) => void;
  /** The session has changed: its intent goes out at once. */
  readonly changed: () => void;
}

export function createPlace({ start, now, say, changed }: PlaceOptions): Place {
  const { index, link } = start;
  const facts = createPlaceFacts({ ...start, connector: link.connector });
  facts.authorization = start.authorization;
  const intent = createIntent();
  const startWh = { charged: 0, discharged: 0 };
  const meter = { charged: Number.NaN, discharged: Number.NaN };
  let session: Session | undefined;
  let driven = false;
  let toldAtMs = Number.NEGATIVE_INFINITY;
  let toldStep = "";
  /** A session that has ended and whose energy is still to be told. */
  let used: { readonly vehicleId: string; readonly atMs: number } | undefined;
  let noise = 0;
  let noiseWhy = "";
  let noiseAtMs = Number.NEGATIVE_INFINITY;
  const door = createDoor({ start, now, say, facts, onSession, onEnd });

  function onSession(one: Session): void {
    if (one !== session && one.end === "") {
      tellEnergy();
      session = one;
      startWh.charged = meter.charged;
      startWh.discharged = meter.discharged;
    }
    facts.unixS = Date.now() / 1_000;
    renew(now());
    changed();
  }

  function onEnd(why: string, ended: Session | undefined): void {
    if (ended === undefined) {
      noise++;
      noiseWhy = why;
    } else {
      const { vehicle, protocol, end } = ended;
      say({ kind: "ended", index, vehicleId: vehicle.id, protocol, end: end === "" ? "failed" : end, why });
      if (ended === session) {
        session = undefined;
        used = { vehicleId: vehicle.id, atMs: now() + meterMs };
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
    if (session === undefined || session.end !== "") intendNothing(intent, door.open, nowMs);
    else {
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
      facts.unixS = Date.now() / 1_000;
    },
    tick(nowMs) {
      door.look(driven, nowMs);
      renew(nowMs);
      if (session !== undefined) {
        const step = `${session.protocol} ${session.order.phase} ${session.loop.isIn} ${session.vehicle.id}`;
        if (step !== toldStep || nowMs - toldAtMs >= tellEveryMs) {
          toldStep = step;
          toldAtMs = nowMs;
          say({ kind: "vehicle", index, word: wordOf(session, facts.presentVoltageV, nowMs) });
        }
      }
      if (used !== undefined && nowMs >= used.atMs) tellEnergy();
      if (noise > 0 && nowMs - noiseAtMs >= noiseEveryMs) {
        say({ kind: "noise", index, why: noiseWhy, count: noise });
        noise = 0;
        noiseAtMs = nowMs;
      }
    },
    authorize(state, stop) {
      facts.authorization = state;
      facts.wants = stop ? "stop" : "charge";
    },
    stop: () => door.close(),
  };
}

const wordOf = ({ vehicle, protocol, order, loop }: Session, outletV: number, nowMs: number): VehicleWord => ({
  vehicleId: vehicle.id,
  protocol,
  phase: order.phase,
  inEnergy: loop.isIn && order.phase === "energy",
  bidirectional: loop.choice.bidirectional,
  dynamic: loop.choice.dynamic,
  socPct: vehicle.socPct,
  targetSocPct: vehicle.targetSocPct,
  minSocPct: vehicle.minSocPct,
  capacityWh: vehicle.capacityWh,
  maxChargeW: vehicle.maxW,
  maxDischargeW: -vehicle.minW,
  maxVoltageV: vehicle.maxVoltageV,
  targetWh: vehicle.targetWh,
  mostWh: vehicle.mostWh,
  leastWh: vehicle.leastWh,
  departsInMs: vehicle.departureAtMs - nowMs,
  demandW: order.currentA * outletV,
  heardMsAgo: nowMs - loop.heardAtMs,
});

interface DoorOptions {
  readonly start: PlaceStart;
  readonly now: () => number;
  readonly say: (message: FromSessions) => void;
  readonly facts: Parameters<typeof startVehicleListener>[0]["facts"];
  readonly onSession: (session: Session) => void;
  readonly onEnd: (why: string, session: Session | undefined) => void;
}

/** Listener and discovery of a place: open while the stage can be driven and the interface has an address. */
function createDoor({ start, now, say, facts, onSession, onEnd }: DoorOptions) {
  const { index, link, tls } = start;
  let listener: VehicleListener | undefined;
  let discovery: { stop(): void } | undefined;
  let address = "";
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let moving = false;
  let saidWhy = "";
  const bornMs = now();

  const refuse = (why: string): void => {
    if (now() - bornMs < graceMs) return;
    if (why !== saidWhy) say({ kind: "not-listening", index, why });
    saidWhy = why;
  };

  async function open(host: string): Promise<void> {
    const encrypts = tls !== undefined && link.tls !== "prohibit";
    listener = await startVehicleListener({
      host,
      port: link.tls === "force" ? undefined : link.port,
      tls: encrypts
        ? {
            port: link.tlsPort,
            cert: tls.cert,
            key: tls.key,
            ca: tls.ca,
            minVersion: "TLSv1.2",
            requestCert: tls.ca !== undefined,
            // A vehicle of ISO 15118-2 has none; without one ISO 15118-20 is not spoken.
            rejectUnauthorized: false,
          }
        : undefined,
      iso20Plain: link.iso20WithoutTls,
      protocols: link.protocols,
      quirks: start.quirks,
      facts,
      now,
      onSession,
      onEnd,
    });
    address = host;
    const { tcpPort, tlsPort } = listener;
    if (link.interface !== "lo")
      discovery = await startDiscovery({ interfaceName: link.interface, tcpPort, tlsPort, onError: refuse });
    saidWhy = "";
    say({ kind: "listening", index, address, tcpPort, tlsPort, discovery: discovery !== undefined });
  }

  async function close(): Promise<void> {
    discovery?.stop();
    discovery = undefined;
    const closing = listener;
    listener = undefined;
    address = "";
    await closing?.stop();
  }

  /** One at a time; a failure is tried again at the next look. */
  function move(step: () => Promise<void>): void {
    moving = true;
    step()
      .catch(async (failure: Error) => {
        refuse(failure.message);
        await close();
      })
      .finally(() => {
        moving = false;
      });
  }

  return {
    get open() {
      return listener !== undefined;
    },
    look(driven: boolean, nowMs: number): void {
      if (moving || nowMs - lookedAtMs < lookEveryMs) return;
      // A stage that is not known yet is looked at again at once.
      if (driven || listener !== undefined) lookedAtMs = nowMs;
      const host = driven ? hostOf(link.interface) : "";
      if (host === address) {
        if (host === "") refuse(driven ? noAddress(link.interface) : noPort);
        return;
      }
      move(async () => {
        await close();
        if (host !== "") await open(host);
      });
    },
    close,
  };
}

const noPort = "the power stage has not told yet that it has a vehicle port (model 64904)";
const noAddress = (name: string): string =>
  `${name} has no IPv6 link-local address: is it up, and IPv6 not switched off?`;

/** Where to listen on an interface; empty while it has no address. */
function hostOf(name: string): string {
  if (name === "lo") return "127.0.0.1";
  const own = networkInterfaces()[name]?.find(({ family, address }) => family === "IPv6" && address.startsWith("fe80"));
  return own === undefined ? "" : `${own.address.split("%")[0]}%${name}`;
}

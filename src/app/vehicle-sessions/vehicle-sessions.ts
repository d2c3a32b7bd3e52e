/**
 * Sessions with vehicles, as the service sees them: starts the thread that speaks, tells people what happens in it, and carries
 * authorizations in. A thread that has died is started again after a pause; meanwhile the core opens every vehicle port.
 */
import { Worker } from "node:worker_threads";
import type { SiteConfig } from "../../config/site.ts";
import { secondMs } from "../../domain/units.ts";
import { isDirect, type ScheduleEntry } from "../../protocols/iso15118/sessions/contract.ts";
import type { ControlHost } from "../control/control-host.ts";
import type { Log } from "../log.ts";
import type { Contracts } from "./contracts.ts";
import { type LinkCertificatesOptions, watchLinkCertificates } from "./link-certificates.ts";
import type {
  AcPairs,
  Authorization,
  ContractOffer,
  Encryption,
  EndedSession,
  FromSessions,
  PlaceStart,
  ThreadStart,
  ToSessions,
  VehicleWord,
} from "./messages.ts";
import { placesOf } from "./place-starts.ts";
import { contractsSentence, createSessionLog, endedOf, listeningOf } from "./session-log.ts";

const threadFile = new URL("./session-thread.ts", import.meta.url);
const heapMaxMB = 192;
/** A thread that has died is started again after this, twice as long after each further death, at most the last. */
const restartMs = 2 * secondMs;
const restartMaxMs = 60 * secondMs;
/** Pairs of the permit, roots of contracts and whether these are accepted, are looked at this often. */
const lookEveryMs = secondMs / 2;
/** It has this long to end by itself. */
const stopMaxMs = 3_000;

const notYet: PlaceNow = { listens: false, sentence: "the controller is starting" };

/** What a place's session knows, and when it was told. */
export interface VehicleNow {
  readonly word: VehicleWord;
  /** Monotonic. */
  readonly atMs: number;
}

export interface OpenPorts {
  readonly tcpPort: number | undefined;
  readonly tlsPort: number | undefined;
}

export interface PlaceNow {
  readonly listens: boolean;
  readonly sentence: string;
}

export interface VehicleSessions {
  /** By EVSE; null without a session, or where the controller does not speak with vehicles. */
  now(index: number): VehicleNow | null;
  /** Where the place listens; null while it does not. */
  ports(index: number): OpenPorts | null;
  /** Since the controller has started; null without one. */
  last(index: number): EndedSession | null;
  /** What listens there, or why nothing does; null where the controller does not speak with vehicles. */
  place(index: number): PlaceNow | null;
  /** To be called a few times a second: authorizations that have come or gone since are carried in. */
  follow(): void;
  /** What the vehicle at an EVSE (index) may choose from. */
  offerSchedules(index: number, schedules: readonly (readonly ScheduleEntry[])[]): void;
  stop(): Promise<void>;
}

export interface VehicleSessionsOptions {
  readonly config: SiteConfig;
  readonly control: ControlHost;
  readonly log: Log;
  readonly now: () => number;
  /** Certificates that the backend has issued and installed; absent without a backend. */
  readonly certificates?: LinkCertificatesOptions["store"];
  /** Contracts in vehicles; null or absent where they are not accepted. */
  readonly contracts?: Contracts | null;
  /** Somebody may send schedules for vehicles. */
  readonly awaitsSchedules?: boolean;
  /** Vehicles whose own inverter may feed at an EVSE (index); none without. */
  readonly permitted?: (index: number) => AcPairs;
  /** What people call the vehicle at an EVSE (from 1); empty for one that nobody knows. */
  readonly nameAt?: (evse: number) => string;
  /** What a session has told, and its end. */
  readonly onVehicle?: (
    message: Extract<FromSessions, { kind: "vehicle" | "ended" | "energy" | "receipt" | "chosen" }>,
  ) => void;
}

/** Null where no EVSE of the site has a vehicle link. */
export function startVehicleSessions(options: VehicleSessionsOptions): VehicleSessions | null {
  const { config, control, log } = options;
  const places = placesOf(config, options.awaitsSchedules === true, (mistake) =>
    log("warn", `A kind of vehicle is left out: ${mistake}.`),
  );
  if (places.length === 0) return null;
  const tell = createSessionLog(config, log, options.nameAt);
  const vehicles = config.evses.map((): VehicleNow | null => null);
  const ports = config.evses.map((): OpenPorts | null => null);
  const last = config.evses.map((): EndedSession | null => null);
  const rare = createRareWords(places, options, (message) => worker?.postMessage(message));
  const standing = new Map(places.map(({ index }) => [index, notYet]));
  const encryptions = new Map<number, Encryption>();
  const authorized = new Map(places.map(({ index, authorization }) => [index, authorization]));
  let worker: Worker | undefined;
  let stopping = false;
  let restartIn = restartMs;
  let timer: NodeJS.Timeout | undefined;

  function startThread(): void {
    const start: ThreadStart = {
      places: places.map((place) => ({
        ...place,
        authorization: authorized.get(place.index)!,
        encryption: encryptions.get(place.index),
      })),
      contracts: rare.offered(),
      evseCount: config.evses.length,
      tierCount: config.tiers.length,
      reportFd: control.rows.reportFd,
      vehiclesFd: control.rows.vehiclesFd,
    };
    const thread = new Worker(threadFile, {
      workerData: start,
      resourceLimits: { maxOldGenerationSizeMb: heapMaxMB },
    });
    worker = thread;
    rare.startAgain();
    let why = "";
    thread.on("message", (message: FromSessions) => take(message));
    thread.on("error", (failure: unknown) => {
      why = failure instanceof Error ? failure.message : String(failure);
    });
    thread.on("exit", (code) => {
      vehicles.fill(null);
      ports.fill(null);
      for (const index of standing.keys()) standing.set(index, notYet);
      if (stopping || worker !== thread) return;
      log(
        "error",
        `The thread that speaks with vehicles has ended (${why === "" ? `exit code ${code}` : why}). No energy flows to or from them until it runs again, in ${restartIn / secondMs} s.`,
      );
      timer = setTimeout(startThread, restartIn);
      restartIn = Math.min(2 * restartIn, restartMaxMs);
    });
  }

  function take(message: FromSessions): void {
    const { index } = message;
    tell(message, vehicles[index]?.word, stopping);
    switch (message.kind) {
      case "listening":
        restartIn = restartMs;
        ports[index] = message;
        standing.set(index, { listens: true, sentence: listeningOf(message) });
        return;
      case "not-listening":
        ports[index] = null;
        standing.set(index, { listens: false, sentence: message.why });
        return;
      case "vehicle":
        vehicles[index] = { word: message.word, atMs: options.now() };
        options.onVehicle?.(message);
        return;
      case "ended":
        vehicles[index] = null;
        last[index] = endedOf(message, Date.now());
        options.onVehicle?.(message);
        return;
      case "ask": {
        const { ask, question } = message;
        void options.contracts?.ask(index + 1, question).then((reply) => {
          worker?.postMessage({ kind: "reply", index, ask, reply } satisfies ToSessions);
        });
        return;
      }
      case "energy":
      case "receipt":
      case "chosen":
        options.onVehicle?.(message);
    }
  }

  startThread();
  const stopCertificates = watchLinkCertificates({
    links: new Map(places.map(({ index, link }) => [index, link])),
    store: options.certificates ?? null,
    now: Date.now,
    changed(index, encryption) {
      encryptions.set(index, encryption);
      worker?.postMessage({ kind: "secure", index, encryption } satisfies ToSessions);
    },
  });
  return {
    now: (index) => vehicles[index] ?? null,
    last: (index) => last[index] ?? null,
    place: (index) => standing.get(index) ?? null,
    ports: (index) => ports[index] ?? null,
    follow() {
      for (const { index } of places) {
        const state: Authorization = control.isAuthorized(index) ? "accepted" : "waiting";
        const before = authorized.get(index);
        if (state === before) continue;
        authorized.set(index, state);
        worker?.postMessage({ kind: "authorize", index, state, stop: before === "accepted" } satisfies ToSessions);
      }
      rare.look();
    },
    offerSchedules(index, schedules) {
      worker?.postMessage({ kind: "schedules", index, schedules } satisfies ToSessions);
    },
    async stop() {
      stopping = true;
      stopCertificates();
      clearTimeout(timer);
      const thread = worker;
      if (thread === undefined) return;
      const ended = new Promise<void>((resolve) => thread.once("exit", () => resolve()));
      thread.postMessage({ kind: "stop" } satisfies ToSessions);
      const patience = setTimeout(() => void thread.terminate(), stopMaxMs);
      await ended;
      clearTimeout(patience);
    },
  };
}

/** What changes seldom is looked at again and again, and told to the thread: pairs of the permit, contracts. */
function createRareWords(
  places: readonly PlaceStart[],
  { permitted, contracts, log, now }: VehicleSessionsOptions,
  post: (message: ToSessions) => void,
) {
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let offered: ContractOffer | null = null;
  const told = new Map<number, string>();

  function lookForPairs(): void {
    for (const { index, link } of places) {
      const pairs = isDirect(link.connector) ? undefined : permitted?.(index);
      const text = JSON.stringify(pairs);
      if (pairs === undefined || told.get(index) === text) continue;
      told.set(index, text);
      post({ kind: "pairs", index, pairs });
    }
  }

  return {
    offered: () => offered,
    /** A new thread knows of no pair. */
    startAgain: () => told.clear(),
    look(): void {
      if (now() - lookedAtMs < lookEveryMs) return;
      lookedAtMs = now();
      lookForPairs();
      const offer = contracts?.offer() ?? null;
      if (JSON.stringify(offer) === JSON.stringify(offered)) return;
      offered = offer;
      post({ kind: "contracts", offer });
      log("info", contractsSentence(offer));
    },
  };
}

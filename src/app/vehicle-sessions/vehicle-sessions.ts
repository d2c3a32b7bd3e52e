/**
 * Sessions with vehicles, as the service sees them: starts the thread that speaks, tells people what happens in it, and carries
 * authorizations in. A thread that has died is started again after a pause; meanwhile the core opens every vehicle port.
 */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { SiteConfig } from "../../config/site.ts";
import { secondMs } from "../../domain/units.ts";
import { readQuirks } from "../../protocols/iso15118/quirk-files.ts";
import type { QuirkRow } from "../../protocols/iso15118/sessions/quirks.ts";
import type { ControlHost } from "../control/control-host.ts";
import type { Log } from "../log.ts";
import { type LinkCertificatesOptions, watchLinkCertificates } from "./link-certificates.ts";
import type {
  Authorization,
  Encryption,
  FromSessions,
  PlaceStart,
  ThreadStart,
  ToSessions,
  VehicleWord,
} from "./messages.ts";

const threadFile = new URL("./session-thread.ts", import.meta.url);
const heapMaxMB = 192;
/** A thread that has died is started again after this, twice as long after each further death, at most the last. */
const restartMs = 2 * secondMs;
const restartMaxMs = 60 * secondMs;
/** It has this long to end by itself. */
const stopMaxMs = 3_000;

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

export interface VehicleSessions {
  /** By EVSE; null without a session, or where the controller does not speak with vehicles. */
  now(index: number): VehicleNow | null;
  /** Where the place listens; null while it does not. */
  ports(index: number): OpenPorts | null;
  /** To be called a few times a second: authorizations that have come or gone since are carried in. */
  follow(): void;
  stop(): Promise<void>;
}

export interface VehicleSessionsOptions {
  readonly config: SiteConfig;
  readonly control: ControlHost;
  readonly log: Log;
  readonly now: () => number;
  /** Certificates that the backend has issued and installed; absent without a backend. */
  readonly certificates?: LinkCertificatesOptions["store"];
  /** What people call the vehicle at an EVSE (from 1); empty for one that nobody knows. */
  readonly nameAt?: (evse: number) => string;
  /** What a session has told, and its end. */
  readonly onVehicle?: (message: Extract<FromSessions, { kind: "vehicle" | "ended" | "energy" }>) => void;
}

/** Null where no EVSE of the site has a vehicle link. */
export function startVehicleSessions(options: VehicleSessionsOptions): VehicleSessions | null {
  const { config, control, log } = options;
  const quirks = readQuirks(kindsFolder);
  for (const mistake of quirks.mistakes) log("warn", `A kind of vehicle is left out: ${mistake}.`);
  const places = placesOf(config, quirks.rows);
  if (places.length === 0) return null;
  const nameOf = (index: number): string => config.evses[index]!.name ?? `EVSE ${index + 1}`;
  /** A vehicle by its name, with its identifier; told and not. */
  const calledOf = (index: number, vehicleId: string): string => {
    const name = options.nameAt?.(index + 1) ?? "";
    if (vehicleId === "") return "a vehicle that has not said who it is";
    return name === "" ? `vehicle ${vehicleId}` : `${name} (${vehicleId})`;
  };
  const vehicles = config.evses.map((): VehicleNow | null => null);
  const ports = config.evses.map((): OpenPorts | null => null);
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
    let why = "";
    thread.on("message", (message: FromSessions) => take(message));
    thread.on("error", (failure: unknown) => {
      why = failure instanceof Error ? failure.message : String(failure);
    });
    thread.on("exit", (code) => {
      vehicles.fill(null);
      ports.fill(null);
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
    switch (message.kind) {
      case "listening":
        restartIn = restartMs;
        ports[index] = message;
        log("info", `${nameOf(index)} listens for vehicles: ${listeningOf(message)}.`, { evse: index + 1 });
        return;
      case "not-listening":
        ports[index] = null;
        log("warn", `${nameOf(index)} does not listen for vehicles: ${message.why}. It is looked at again every 3 s.`, {
          evse: index + 1,
        });
        return;
      case "vehicle":
        options.onVehicle?.(message);
        if (vehicles[index]?.word.vehicleId !== message.word.vehicleId && message.word.vehicleId !== "")
          log("info", `${nameOf(index)}: ${message.word.protocol} with ${calledOf(index, message.word.vehicleId)}.`, {
            evse: index + 1,
            vehicle: message.word.vehicleId,
          });
        vehicles[index] = { word: message.word, atMs: options.now() };
        return;
      case "ended":
        vehicles[index] = null;
        noteEnd(log, nameOf(index), message, calledOf(index, message.vehicleId), stopping);
        options.onVehicle?.(message);
        return;
      case "energy": {
        const { vehicleId, chargedWh, dischargedWh } = message;
        const kWh = (wh: number): string => (wh / 1_000).toFixed(2);
        log(
          "info",
          `${nameOf(index)}: in its session ${calledOf(index, vehicleId)} took ${kWh(chargedWh)} kWh and gave ${kWh(dischargedWh)} kWh back.`,
          { evse: index + 1, vehicle: vehicleId, chargedWh, dischargedWh },
        );
        options.onVehicle?.(message);
        return;
      }
      case "noise":
        log(
          "warn",
          `${nameOf(index)}: ${message.count} connection${message.count === 1 ? "" : "s"} came to no session, the last one because of ${message.why}. Nothing of the charger changes by that.`,
          { evse: index + 1 },
        );
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
    ports: (index) => ports[index] ?? null,
    follow() {
      for (const { index } of places) {
        const state: Authorization = control.isAuthorized(index) ? "accepted" : "waiting";
        const before = authorized.get(index);
        if (state === before) continue;
        authorized.set(index, state);
        worker?.postMessage({ kind: "authorize", index, state, stop: before === "accepted" } satisfies ToSessions);
      }
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

/** Kinds of vehicles that need something else than the rest. */
const kindsFolder = join(import.meta.dirname, "../../../config/vehicles");

function placesOf({ evses, site, authorization }: SiteConfig, quirks: readonly QuirkRow[]): PlaceStart[] {
  const nominalV = site.phases === "three" ? site.nominalVoltageV / Math.sqrt(3) : site.nominalVoltageV;
  return evses.flatMap(({ vehicleLink: link, maxChargeW, maxDischargeW, dischargeEnabled }, index): PlaceStart[] => {
    if (link === undefined) return [];
    return [
      {
        index,
        link,
        evseId: link.evseId ?? `ZZ*ISL*E${String(index + 1).padStart(3, "0")}`,
        maxChargeW,
        maxDischargeW: dischargeEnabled ? maxDischargeW : 0,
        nominalV,
        nominalHz: Number(site.nominalFrequencyHz),
        encryption: undefined,
        quirks,
        authorization: authorization === "none" ? "accepted" : "waiting",
      },
    ];
  });
}

function listeningOf(message: Extract<FromSessions, { kind: "listening" }>): string {
  const { address, tcpPort, tlsPort, discovery, notEncrypted } = message;
  const at = [
    ...(tcpPort === undefined ? [] : [`port ${tcpPort}`]),
    ...(tlsPort === undefined ? [] : [`port ${tlsPort} with encryption`]),
  ].join(" and ");
  const why = notEncrypted === "" ? "" : `; ${tlsPort === undefined ? "not encrypted, because " : ""}${notEncrypted}`;
  return `${address}, ${at}${discovery ? "; vehicles find it by asking" : ""}${why}`;
}

/** Ends that nobody has to look into. */
const inOrder: readonly string[] = ["stopped", "paused"];

function noteEnd(
  log: Log,
  place: string,
  { end, why, vehicleId, index }: Extract<FromSessions, { kind: "ended" }>,
  vehicle: string,
  stopping: boolean,
): void {
  const fields = { evse: index + 1, vehicle: vehicleId, end };
  if (stopping || inOrder.includes(end))
    log("info", `${place}: the session with ${vehicle} has ended (${stopping ? why : end}).`, fields);
  else
    log(
      "warn",
      `${place}: the session with ${vehicle} was ended: ${why === "" ? end : why}. Power is off and the contactors are open. The vehicle may begin a new session.`,
      fields,
    );
}

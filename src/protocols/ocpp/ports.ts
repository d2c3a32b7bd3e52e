/**
 * Where the OCPP station meets the rest of the site. It never sees the core: it reads views and emits intents through
 * `StationPort`, keeps everything durable through `OcppStore`, and takes time and chance from `OcppClock`.
 * Powers are positive from the grid towards the vehicle, as everywhere inside.
 */
import type { ServiceMode } from "../../domain/modes.ts";
import type { DerType, SetControl } from "./der/der-types.table.ts";

/** Ends a timer that has not run yet. */
export type Cancel = () => void;

/** Time, timers and chance. Timers have names, so that a person can list what is pending. */
export interface OcppClock {
  /** UTC, ms. */
  wallMs(): number;
  /** The same monotonic clock as the control loop's, ms: leases are given in it. */
  monotonicMs(): number;
  /** Runs once after the delay; delays beyond 2^31 ms are fine. */
  after(name: string, delayMs: number, run: () => void): Cancel;
  /** Uniform in [0, 1). */
  random(): number;
}

/** One EVSE as the station reads it, renewed in place by whoever implements the port. NaN where unknown. */
export interface EvseView {
  /** False until the first facts have arrived: until then nothing is decided about a recovered transaction. */
  known: boolean;
  connected: boolean;
  /** The vehicle asks for (or offers) energy. False while it pauses by itself: charging state `SuspendedEV`. */
  energyRequested: boolean;
  /** The bay's occupancy sensor; false where there is none. */
  bayOccupied: boolean;
  powerW: number;
  /** Setpoint in force at the power stage: zero while the EVSE itself withholds power (`SuspendedEVSE`). */
  setpointW: number;
  /** Registers of energy since commissioning, monotonic, Wh. */
  importWh: number;
  exportWh: number;
  reactiveVar: number;
  voltageV: number;
  currentA: number;
  frequencyHz: number;
  socPct: number;
  /** Somebody at the site has this vehicle charged before the others. */
  chargesNow: boolean;
  faulted: boolean;
  /** What binds the setpoint, as a sentence for people. */
  explanation: string;
  alarms: readonly string[];
}

/** The site as the station reads it. */
export interface SiteView {
  /** False until the first facts have arrived: until then nobody knows what is permitted. */
  known: boolean;
  /** No permission to operate in parallel is installed; with one, `explanation` says why it is not in force. */
  permitMissing: boolean;
  /** The word that backends know, which may be an older one than `Mode`. */
  mode: string;
  serviceMode: ServiceMode;
  permitValid: boolean;
  /** Magnitudes at the grid connection, W; Infinity where there is none. */
  exportLimitW: number;
  importLimitW: number;
  pccPowerW: number;
  islanded: boolean;
  explanation: string;
  alarms: readonly string[];
  /** What of the grid the protection has tripped on; "" while it has not. */
  gridFault: "" | "over-voltage" | "under-voltage" | "over-frequency" | "under-frequency";
}

/** Functions of the grid code that a backend may change here, within their ranges. */
export interface GridControlPort {
  readonly types: readonly DerType[];
  /** Why a control can't be followed, in a sentence, or null. */
  judge(request: SetControl): string | null;
  /** What is in force from now on, the least important first; without any the site's own settings. */
  apply(requests: readonly SetControl[]): void;
}

/**
 * What the backend allows and asks for. `[minW, maxW]` is a cap: it holds until this station replaces it, whatever becomes
 * of its messenger. The request `requestedW` lapses at `requestUntilMs` of the monotonic clock and is made anew while its profile
 * stands. A profile's limit L maps so: L ≥ 0 → [0, L], request L (zero never discharges); L < 0 → [L, 0], request L
 * (discharge, as far as mode and permit allow, which the core decides).
 */
export interface BackendLimit {
  minW: number;
  maxW: number;
  /** NaN: the backend bounds, and leaves it to the site what is exchanged within. */
  requestedW: number;
  requestUntilMs: number;
  /** What is requested is a setpoint, not the top of a limit that leaves room below it. */
  isFirm: boolean;
  /** The profile that decides, for the explanation. */
  profileId: number;
}

/** What became of an order to unlock a connector. */
export type UnlockOutcome = "Unlocked" | "UnlockFailed" | "OngoingAuthorizedTransaction" | "UnknownConnector";
/** Whether a reset waits for transactions. */
export type ResetKind = "Immediate" | "OnIdle";

/** A reading signed by the meter, when the hardware can. All texts are base64 as the meter gives them. */
export interface SignedReading {
  signedMeterData: string;
  signingMethod: string;
  encodingMethod: string;
  publicKey: string;
}

/** What the station reads and what it emits. EVSE ids start at 1; 0 is the whole station. */
export interface StationPort {
  readonly evses: readonly EvseView[];
  readonly site: SiteView;
  /** Charging service at this EVSE is authorised (or no longer): the core uses it as `authorized`. */
  authorize(evseId: number, allowed: boolean): void;
  /**
   * A backend's cap and request for an EVSE, or for the whole station with id 0; null when it is known that no profile
   * applies. Until the first word on an EVSE or the station its cap is zero.
   */
  limit(evseId: number, limit: BackendLimit | null): void;
  /** Operative or not, for an EVSE or (0) the whole station. */
  setOperative(evseId: number, operative: boolean): void;
  unlock(evseId: number, connectorId: number): Promise<UnlockOutcome>;
  /** Performs the reset of the station (0) or one EVSE. Transactions have been ended and are durable when this is called. */
  reset(evseId: number, kind: ResetKind): void;
  /** Present only where a backend may change functions of the grid code. */
  readonly gridControl?: GridControlPort;
  /** Present only where the meter signs. */
  signReading?(evseId: number): SignedReading | null;
  /** Shows a message to the driver; absent without a display. */
  display?(message: { id: number; evseId: number; text: string; language?: string } | { id: number; text: null }): void;
}

/** A file on disk, ours until it is removed. */
export interface StoredFile {
  readonly path: string;
  bytes: number;
  remove(): void;
}

export interface DownloadOptions {
  /** Beyond it the transfer ends with an error. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** Each part as it comes, in order: for a hash. */
  readonly onPart: (part: Uint8Array) => void;
}

/** Transfers of files: logs up, firmware down. Errors reject with a sentence. `signal` ends an abandoned transfer. */
export interface FilePort {
  /** Why files can never be transferred with this location, or null. */
  judge(url: string): string | null;
  download(url: string, options: DownloadOptions): Promise<StoredFile>;
  upload(url: string, fileName: string, content: Uint8Array, signal: AbortSignal): Promise<void>;
  /** The diagnostics log of a time window, bounded. */
  diagnosticsLog(fromMs: number, toMs: number): Promise<Uint8Array>;
  /** Installs a verified image; resolves when installed, rejects when it could not be. */
  installFirmware(image: StoredFile, signal: AbortSignal): Promise<{ rebootNeeded: boolean; version?: string }>;
  /** Why nothing may be installed now, beyond what the station knows itself; null when it may. */
  mayInstall?(): string | null;
  /** Told while an image waits to be installed, and null once it does not any more. */
  noteWaiting?(why: string | null): void;
  /** Whether the version that runs has not proven itself yet: it may still be given up. */
  onTrial?(): boolean;
}

/** One message that must reach the backend, in the order of `id`. */
export interface QueuedMessage {
  id: number;
  action: string;
  /** JSON text, exactly as it will be sent, now and on every repetition. */
  payload: string;
  transactionId: string;
  /** −1 for messages without one. */
  seqNo: number;
  /** May be dropped when the journal is full: intermediate values, never a transaction's start or end. */
  droppable: boolean;
}

/**
 * The one durable truth: documents by collection and key, and the journal of messages that must be delivered.
 * Each call is durable when it returns; `atomically` makes several so together. Values are JSON texts.
 */
export interface OcppStore {
  get(collection: string, key: string): string | undefined;
  put(collection: string, key: string, value: string): void;
  remove(collection: string, key: string): void;
  entries(collection: string): { key: string; value: string }[];
  clear(collection: string): void;
  atomically<T>(run: () => T): T;
  enqueue(message: Omit<QueuedMessage, "id">): number;
  head(): QueuedMessage | undefined;
  dequeue(id: number): void;
  queued(): number;
  queuedFor(transactionId: string): number;
}

/** Where the station writes its log. */
export type OcppLog = (
  level: "debug" | "info" | "warn" | "error",
  message: string,
  fields?: Record<string, unknown>,
) => void;

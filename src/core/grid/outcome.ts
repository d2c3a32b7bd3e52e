/** What the grid functions say after each step, and the inputs that come from contacts and signals. */
import { Quality } from "../../domain/quality.ts";
import type { tripRows } from "./trip.ts";

/** What the grid functions do at this moment. */
export type GridStatus =
  | "trip"
  | "enteringService"
  | "continuous"
  | "mandatory"
  | "permissive"
  | "momentaryCessation"
  | "ceased"
  | "undefined";

/** Why service was left. All of these clear by themselves through enter service, once their cause is gone. */
export type TripCause =
  | "none"
  | (typeof tripRows)[number]["cause"]
  | "ov-mean"
  | "rocof"
  | "permit"
  | "islanding"
  | "transfer-trip"
  | "permissive"
  | "upstream-open"
  | "measurement";

/** What bounds the active power at this moment. */
export type GridBinding =
  | "request"
  | "rating"
  | "active-power-limit"
  | "volt-watt"
  | "droop"
  | "enter-service-ramp"
  | "apparent-power"
  | "export-cap"
  | "not-in-service"
  | "cessation";

/** What one step decides; made once, written in place. */
export interface GridOutcome {
  status: GridStatus;
  /** The last cause of a trip, kept until service is entered again. */
  cause: TripCause;
  /** Power may be exchanged in parallel with the grid: not tripped and past the enter-service delay. */
  inService: boolean;
  /** Voltage and frequency are within the enter-service window now: for starting. Says nothing of delay or permit. */
  gridInEnterServiceWindow: boolean;
  /**
   * The profile's trip or the islanding functions have said that this is not a grid to be parallel with, and it has not been
   * back in the enter-service window since: for leaving parallel operation and for telling an outage. A permit that is
   * off, or a measurement that is missing, does not set it.
   */
  gridTripped: boolean;
  /** The point to command, for the request that was given. */
  injectedW: number;
  injectedVar: number;
  /** Envelope for any other request at this moment: what the functions allow at most and (droop, volt-watt below zero) at least. */
  maxInjectedW: number;
  minInjectedW: number;
  binding: GridBinding;
  voltageQuality: Quality;
  frequencyQuality: Quality;
}

/** What the caller writes before a step. Safe to leave at its start values where there is nothing to say. */
export interface GridInputs {
  /** What somebody requests to inject; the second counts only in reactive mode `none`. Not-a-number counts as zero. */
  requestedInjectedW: number;
  requestedInjectedVar: number;
  /** The contractual cap on injected power, W; not-a-number allows none. */
  exportCapW: number;
  /** A transfer-trip signal from the utility is present. */
  transferTrip: boolean;
  /** The permissive signal is present (true where the site has none). */
  permissive: boolean;
  /** The breaker between here and the utility reports closed (true where it has no contact). */
  upstreamClosed: boolean;
}

/** Inputs that ask for nothing and limit nothing. */
export const createGridInputs = (): GridInputs => ({
  requestedInjectedW: 0,
  requestedInjectedVar: 0,
  exportCapW: Number.POSITIVE_INFINITY,
  transferTrip: false,
  permissive: true,
  upstreamClosed: true,
});

/** Nothing measured yet; in service only if the stage already runs. */
export const createGridOutcome = (inService: boolean): GridOutcome => ({
  status: inService ? "continuous" : "trip",
  cause: "none",
  inService,
  gridInEnterServiceWindow: false,
  gridTripped: false,
  injectedW: 0,
  injectedVar: 0,
  maxInjectedW: 0,
  minInjectedW: 0,
  binding: "not-in-service",
  voltageQuality: Quality.missing,
  frequencyQuality: Quality.missing,
});

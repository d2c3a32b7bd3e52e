/**
 * What passes between a vehicle's session and the rest of the charger. A session asks and tells; it never commands power:
 * the order to the power stage says which step of the session it is in and what the vehicle asks for, and the control core
 * decides. Positive is from the grid to the vehicle; W, V, A, Wh, ms of a monotonic clock.
 */

/**
 * Steps of the power stage in the order in which a session goes through them:
 * `idle` contactors open, output off; `cableCheck` connector locked, insulation test with contactors open; `precharge` output
 * at the vehicle's voltage with little current; `energy` contactors closed, power as allowed; `stopped` output off, contactors
 * open, still locked (the vehicle tests its own contactors); after it `idle` again.
 */
export type StagePhase = "idle" | "cableCheck" | "precharge" | "energy" | "stopped";

/** What a session wants of the power stage just now. The newest order counts; there is no queue. */
export interface StageOrder {
  phase: StagePhase;
  /** What the vehicle asks for in `precharge` and `energy`; the stage gives less where a limit says so. */
  voltageV: number;
  /** Positive charges, negative discharges; NaN where the vehicle leaves it to the site (dynamic control). */
  currentA: number;
}

/** One piece of the power that may be used, from the session's start of charging on. */
export interface ScheduleEntry {
  readonly startS: number;
  readonly maxW: number;
}

/** Which schedule the vehicle has taken, from 0, and what it says that it will do within it; no entries: all of it. */
export interface ChosenSchedule {
  readonly tuple: number;
  readonly entries: readonly ScheduleEntry[];
}

/** What the outlet is: direct current (CCS), direct current for trucks (MCS), alternating current on one or three phases. */
export type Connector = "dc" | "mcs" | "ac1" | "ac3";
/** MCS goes by the messages of DC (ISO 15118-20), with services of its own. */
export const isDirect = (connector: Connector): boolean => connector === "dc" || connector === "mcs";

/** The charger as the session sees it. The owner writes it before each request and each tick. */
export interface ChargerFacts {
  /** As the backend knows the EVSE, at least seven characters. */
  readonly evseId: string;
  readonly connector: Connector;
  /** Whether somebody has paid or been recognised by other means than a contract in the vehicle. */
  authorization: "waiting" | "accepted" | "rejected";
  /** State of the control pilot (IEC 61851-1). */
  pilot: "A" | "B" | "C" | "D" | "E" | "F";
  trouble: "" | "fault" | "emergency";
  insulation: "unknown" | "testing" | "valid" | "fault";
  contactorsClosed: boolean;
  /** The stage can deliver as soon as contactors are closed. */
  outputReady: boolean;
  /** The charger wants the session to end or to pause; the vehicle is told and has some time. */
  wants: "charge" | "stop" | "pause" | "renegotiate";
  presentVoltageV: number;
  presentCurrentA: number;
  /** Power at the outlet as it is metered (AC); NaN where it is not. */
  presentW: number;
  /** Charged and discharged energy of the meter, Wh; NaN without a meter. */
  meterWh: number;
  dischargedWh: number;
  /** Of the equipment. Discharging limits are not positive. */
  readonly ratings: {
    readonly minVoltageV: number;
    readonly maxVoltageV: number;
    readonly maxCurrentA: number;
    readonly minCurrentA: number;
    readonly maxW: number;
    readonly minW: number;
  };
  /** Present limits of site, backend and plan: 0 ≤ maxW, minW ≤ 0. */
  maxW: number;
  minW: number;
  /** What the site wants to flow, where it decides (dynamic control); NaN: anything within the limits. */
  setpointW: number;
  /** Seconds since 1970, for schedules. */
  unixS: number;
  /** Schedules that the vehicle may choose from, at most three; none: the ratings all the time. */
  schedules: readonly (readonly ScheduleEntry[])[];
  /** They are being asked for: a vehicle that wants to know is told to ask again, for a bounded time. */
  scheduleAwaited: boolean;
  /** Nominal voltage between phase and neutral, and frequency, of the supply, for AC. */
  readonly nominalV: number;
  readonly nominalHz: number;
  /**
   * Why this vehicle may not feed through its own inverter (AC); empty where charger and vehicle are a pair that the permit
   * names. Judged anew for each session, when the vehicle has said who it is; its withdrawal counts at once.
   */
  noAcDischarge: string;
}

/** What is known of the vehicle. NaN where it has not said; `limitsAtMs` and `needsAtMs` say how old the rest is. */
export interface VehicleFacts {
  /** Identifier of its communication controller, hexadecimal. */
  id: string;
  /** The contract that it pays by, upper case without separators; empty without. */
  emaid: string;
  maxW: number;
  /** How much it would discharge, not positive; 0 for every vehicle that has not negotiated bidirectional transfer. */
  minW: number;
  /** Smallest powers that it can do with each way, magnitudes: it takes nothing or at least so much. 0 where it has not said. */
  leastChargeW: number;
  leastDischargeW: number;
  maxVoltageV: number;
  maxCurrentA: number;
  minCurrentA: number;
  /** What it says that it takes (AC), below zero feeds. */
  presentW: number;
  /** What it asks for just now. */
  targetVoltageV: number;
  targetCurrentA: number;
  socPct: number;
  fullSocPct: number;
  capacityWh: number;
  /** Energy to its target, until it is full, and until its minimum: below zero, so much may be taken out. */
  targetWh: number;
  mostWh: number;
  leastWh: number;
  minSocPct: number;
  targetSocPct: number;
  departureAtMs: number;
  complete: boolean;
  ready: boolean;
  /** Its own error code, empty without. */
  error: string;
  limitsAtMs: number;
  needsAtMs: number;
}

/** A vehicle of which nothing is known. */
export const noVehicle = (): VehicleFacts => ({
  id: "",
  emaid: "",
  maxW: 0,
  minW: 0,
  leastChargeW: 0,
  leastDischargeW: 0,
  maxVoltageV: Number.NaN,
  maxCurrentA: Number.NaN,
  minCurrentA: Number.NaN,
  presentW: Number.NaN,
  targetVoltageV: Number.NaN,
  targetCurrentA: Number.NaN,
  socPct: Number.NaN,
  fullSocPct: Number.NaN,
  capacityWh: Number.NaN,
  targetWh: Number.NaN,
  mostWh: Number.NaN,
  leastWh: Number.NaN,
  minSocPct: Number.NaN,
  targetSocPct: Number.NaN,
  departureAtMs: Number.NaN,
  complete: false,
  ready: false,
  error: "",
  limitsAtMs: Number.NaN,
  needsAtMs: Number.NaN,
});

/** What is kept of a paused session until the vehicle comes back or leaves. */
export interface PausedSession {
  /** Hexadecimal. */
  readonly sessionId: string;
  readonly vehicleId: string;
  /** Hash of the certificate that the vehicle proved on its connection; empty without one. */
  readonly certificate: string;
  readonly choice: ServiceChoice;
  /** The contract that pays for it; empty where somebody has paid otherwise. */
  readonly emaid: string;
}

/** What vehicle and charger have agreed on (ISO 15118-20). */
export interface ServiceChoice {
  readonly serviceId: number;
  readonly bidirectional: boolean;
  /** The charger decides within the vehicle's needs; otherwise the vehicle within the charger's schedule. */
  readonly dynamic: boolean;
}

/** Why a session is over, for the event and the log. */
export type SessionEnd = "stopped" | "paused" | "failed" | "silent" | "trouble";

/** A vehicle of the plant as its session tells it: what it is plugged in with, and its battery as of now. */

import type { Connector } from "../../../src/protocols/iso15118/sessions/contract.ts";
import type { VehiclePort } from "../../plant/stage/vehicle-port.ts";
import type { Vehicle } from "../../plant/vehicle.ts";
import { type Habit, habitOf } from "./habits.table.ts";
import type { VehicleEnergy, VehicleOptions, VehicleProtocol } from "./steps.ts";
import type { VehicleResult } from "./vehicle.ts";

/** How a vehicle speaks with the charger, where the controller is the one it speaks with. */
export interface SessionUse {
  readonly protocol: "din" | "2" | "20";
  /** It decides itself, within the charger's schedule (ISO 15118-20). */
  readonly scheduled: boolean;
  /** How it misbehaves: a name of `habits.table.ts`; empty for not at all. */
  readonly habit: string;
  /** Its identifier; empty for one made of the place's number. */
  readonly id: string;
}

/** A school day lasts so long, s. */
const departureS = 8 * 3_600;
const targetPct = 95;
const minPct = 20;
/** Voltage of a battery of this state of charge, V. */
const batteryV = (socPct: number): number => Math.round(620 + 1.6 * socPct);

const protocols: Readonly<Record<SessionUse["protocol"], VehicleProtocol>> = {
  din: "DIN SPEC 70121",
  "2": "ISO 15118-2",
  "20": "ISO 15118-20",
};

/** What a vehicle charges at an outlet of this kind. */
export const energyOf = (connector: Connector): VehicleEnergy =>
  connector === "dc" || connector === "mcs" ? connector : "ac";

type WakingPort = Pick<VehiclePort, "dutyBegins" | "statesF">;

/**
 * A vehicle between two sessions: asked to end one or to pause it, it sleeps until its charger's duty cycle begins anew, and comes
 * back to a session that it has paused.
 */
export class BetweenSessions {
  /** The session that it comes back to; undefined: a new one. */
  resumes: string | undefined;
  readonly #port: WakingPort | undefined;
  #sleptAt: { readonly begins: number; readonly statesF: number } | undefined;

  constructor(port: WakingPort | undefined) {
    this.#port = port;
  }

  /** It was unplugged: all of that is over. */
  forget(): void {
    this.resumes = undefined;
    this.#sleptAt = undefined;
  }

  ended({ asked, sessionId, complete }: VehicleResult): void {
    this.resumes = asked === "pause" && complete ? sessionId : undefined;
    const port = this.#port;
    this.#sleptAt = asked === "" || port === undefined ? undefined : { begins: port.dutyBegins, statesF: port.statesF };
  }

  sleeps(habit: Habit | undefined): boolean {
    if (this.#sleptAt === undefined || this.#port === undefined) return false;
    const { begins, statesF } = this.#sleptAt;
    const wakes = habit?.wakesBy === "state-f" ? this.#port.statesF > statesF : this.#port.dutyBegins > begins;
    return habit?.wakesBy === "nothing" || !wakes;
  }
}

/** How it misbehaves: as a fault says, or as it was plugged in. */
export const habitNow = (vehicle: Vehicle, use: SessionUse): Habit | undefined =>
  habitOf(vehicle.habit === "" ? use.habit : vehicle.habit);

/** How the vehicle at an EVSE (from 0) goes through its next session; its battery's voltage is fixed for that. */
export function pluggedOptions(
  vehicle: Vehicle,
  use: SessionUse,
  { evse, energy }: { readonly evse: number; readonly energy: VehicleEnergy },
  timing: Pick<VehicleOptions, "unixS" | "pace" | "resumes">,
): VehicleOptions {
  vehicle.voltageV = batteryV(vehicle.socPct);
  return {
    ...timing,
    protocol: protocols[use.protocol],
    energy,
    bidirectional: use.protocol === "20" && vehicle.bidirectional,
    scheduled: use.scheduled,
    voltageV: vehicle.voltageV,
    rounds: Number.POSITIVE_INFINITY,
    currentA: Math.floor(vehicle.canChargeW / vehicle.voltageV),
    battery: {
      id: use.id === "" ? `SIM${String(evse + 1).padStart(3, "0")}` : use.id,
      get socPct() {
        return vehicle.toldSocPct;
      },
      targetPct,
      minPct,
      get capacityWh() {
        return vehicle.toldCapacityWh;
      },
      get chargeW() {
        return vehicle.canChargeW;
      },
      get dischargeW() {
        return vehicle.canDischargeW;
      },
      departureS,
    },
    get habit() {
      return habitNow(vehicle, use);
    },
    onPilot(state) {
      vehicle.pilot = state;
    },
    leaves: () => vehicle.paused || !vehicle.connected,
  };
}

/** What passes between the service and the thread that speaks with vehicles: rare things only; measurements go by rows. */
import type { VehicleLinkConfig } from "../../config/site/vehicle-link.ts";
import type { ChosenSchedule, ScheduleEntry } from "../../protocols/iso15118/sessions/contract.ts";
import type { ContractFault, MeterReceipt } from "../../protocols/iso15118/sessions/plug-and-charge.ts";
import type { QuirkRow } from "../../protocols/iso15118/sessions/quirks.ts";
import type { ModemNews } from "./modem.ts";
import type { SleepNews } from "./sleep.ts";

/** With what a place encrypts. */
export interface Encryption {
  /** PEM, with the roots of vehicles' certificates; undefined where there is nothing that can be used. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string | undefined } | undefined;
  /** Why not, or an empty sentence. */
  readonly why: string;
}

/** What places offer to vehicles with a contract. */
export interface ContractOffer {
  /** Roots of contracts, PEM. */
  readonly roots: readonly string[];
  /** The backend gives vehicles contract certificates. */
  readonly provisions: boolean;
  /** A signed receipt is asked for this often, ms; never when undefined. */
  readonly receiptEveryMs: number | undefined;
}

/** What a session wants to know of the backend; each has its answer. */
export type ContractQuestion =
  | { readonly what: "contract"; readonly emaid: string; readonly pem: readonly string[] }
  | { readonly what: "certificate"; readonly schema: string; readonly update: boolean; readonly exi: Uint8Array };

export type ContractReply =
  | { readonly what: "contract"; readonly answer: "accepted" | { readonly refused: ContractFault } }
  | { readonly what: "certificate"; readonly answer: Uint8Array | { readonly none: string } }
  /** Nobody could say. */
  | { readonly what: "failed"; readonly why: string };

/** Vehicles whose own inverter may feed at a place (AC), as the permit names them; each thread start begins with none. */
export interface AcPairs {
  readonly vehicles: readonly string[];
  readonly why: string;
}

/** One charging place of the thread. */
export interface PlaceStart {
  /** Index of the EVSE. */
  readonly index: number;
  readonly link: VehicleLinkConfig;
  readonly evseId: string;
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
  readonly nominalV: number;
  readonly nominalHz: number;
  /** Undefined while nobody has looked for a certificate yet: until then the place does not listen. */
  readonly encryption: Encryption | undefined;
  /** Kinds of vehicles that need something else than the rest. */
  readonly quirks: readonly QuirkRow[];
  readonly authorization: Authorization;
  /** Somebody may send schedules for a vehicle that has said what it needs. */
  readonly awaitsSchedules: boolean;
}

/** Given to the thread at its start. */
export interface ThreadStart {
  readonly contracts: ContractOffer | null;
  readonly places: readonly PlaceStart[];
  readonly evseCount: number;
  readonly tierCount: number;
  readonly reportFd: number;
  readonly vehiclesFd: number;
}

export type Authorization = "waiting" | "accepted" | "rejected";

export type ToSessions =
  /** Somebody has paid at this place, or has been refused; `stop` ends the session that is under way in order. */
  | { readonly kind: "authorize"; readonly index: number; readonly state: Authorization; readonly stop: boolean }
  /** Contracts are accepted from now on, or not any more. */
  | { readonly kind: "contracts"; readonly offer: ContractOffer | null }
  | { readonly kind: "reply"; readonly index: number; readonly ask: number; readonly reply: ContractReply }
  /** What the vehicle may choose from, from now on; none: no schedule but the ratings. A vehicle in the loop is asked to negotiate again. */
  | { readonly kind: "schedules"; readonly index: number; readonly schedules: readonly (readonly ScheduleEntry[])[] }
  | { readonly kind: "pairs"; readonly index: number; readonly pairs: AcPairs }
  | { readonly kind: "secure"; readonly index: number; readonly encryption: Encryption }
  | { readonly kind: "stop" };

/** What a vehicle has said of itself in its session; NaN where it has not. Powers are magnitudes. */
export interface VehicleWord {
  /** Identifier of its communication controller. */
  readonly vehicleId: string;
  readonly protocol: string;
  readonly phase: string;
  readonly inEnergy: boolean;
  /** It has said what it needs. */
  readonly needsKnown: boolean;
  readonly bidirectional: boolean;
  /** The charger decides within the vehicle's needs. */
  readonly dynamic: boolean;
  readonly socPct: number;
  readonly targetSocPct: number;
  readonly minSocPct: number;
  readonly capacityWh: number;
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
  /** It takes nothing or at least so much; 0 where it has not said. */
  readonly leastChargeW: number;
  readonly maxVoltageV: number;
  readonly targetWh: number;
  readonly mostWh: number;
  readonly leastWh: number;
  /** In so long from now it leaves, ms; NaN where it has not said. */
  readonly departsInMs: number;
  /** Why it is charged only, or an empty sentence. */
  readonly noDischarge: string;
  /** Asked for just now, where the vehicle decides. */
  readonly demandW: number;
  /** Since the session's request, ms. */
  readonly heardMsAgo: number;
  /** For whom or what the session waits, for people; empty while energy may flow freely. */
  readonly waits: string;
}

/** The session that ended last at a place. */
export interface EndedSession {
  /** Empty where it has not said who it is. */
  readonly vehicle: string;
  readonly protocol: string;
  /** UTC, ms. */
  readonly atMs: number;
  /** How it ended, for people. */
  readonly sentence: string;
  readonly inOrder: boolean;
}

export type FromSessions =
  | {
      readonly kind: "listening";
      readonly index: number;
      readonly address: string;
      readonly tcpPort: number | undefined;
      readonly tlsPort: number | undefined;
      readonly discovery: boolean;
      /** Why no encryption is offered, or why the newest certificate is not in use; empty where all is as wished. */
      readonly notEncrypted: string;
    }
  | { readonly kind: "not-listening"; readonly index: number; readonly why: string }
  /** About once a second while there is a session, and at once when it begins or comes to another step. */
  | { readonly kind: "vehicle"; readonly index: number; readonly word: VehicleWord }
  | {
      readonly kind: "ended";
      readonly index: number;
      readonly vehicleId: string;
      readonly protocol: string;
      /** How it ended: `stopped` and `paused` in order; `failed`, `silent`, `trouble` not. */
      readonly end: string;
      readonly why: string;
      /** The vehicle's contract was refused, which has been told. */
      readonly contractRefused: boolean;
    }
  /** What a session came to by the place's meter, told when the meter has been read after its end. */
  | {
      readonly kind: "energy";
      readonly index: number;
      readonly vehicleId: string;
      readonly chargedWh: number;
      readonly dischargedWh: number;
    }
  /** The vehicle is asked to pause, sleeps or is woken. */
  | {
      readonly kind: "sleep";
      readonly index: number;
      readonly vehicleId: string;
      readonly news: SleepNews;
      readonly why: string;
    }
  /** The place's modem has matched with a vehicle, or not, or its daemon is gone. */
  | { readonly kind: "modem"; readonly index: number; readonly news: ModemNews["news"]; readonly why: string }
  /** To be answered by a `reply` with this number. */
  | { readonly kind: "ask"; readonly index: number; readonly ask: number; readonly question: ContractQuestion }
  | {
      readonly kind: "contract-refused";
      readonly index: number;
      readonly vehicleId: string;
      /** Empty where it can't be read. */
      readonly emaid: string;
      readonly why: string;
      /** The session is over by that; otherwise the vehicle may show another one, or somebody may pay otherwise. */
      readonly ends: boolean;
    }
  /** The vehicle has taken a schedule, from 0, with a profile of its own where it has sent one. */
  | { readonly kind: "chosen"; readonly index: number; readonly vehicleId: string; readonly chosen: ChosenSchedule }
  | { readonly kind: "receipt"; readonly index: number; readonly vehicleId: string; readonly receipt: MeterReceipt }
  /** Connections that came to no session, `count` of them since the last time this was said. */
  | { readonly kind: "noise"; readonly index: number; readonly why: string; readonly count: number };

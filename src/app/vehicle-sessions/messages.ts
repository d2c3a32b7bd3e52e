/** What passes between the service and the thread that speaks with vehicles: rare things only; measurements go by rows. */
import type { VehicleLinkConfig } from "../../config/site/vehicle-link.ts";
import type { QuirkRow } from "../../protocols/iso15118/sessions/quirks.ts";

/** With what a place encrypts. */
export interface Encryption {
  /** PEM, with the roots of vehicles' certificates; undefined where there is nothing that can be used. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string | undefined } | undefined;
  /** Why not, or an empty sentence. */
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
}

/** Given to the thread at its start. */
export interface ThreadStart {
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
  | { readonly kind: "secure"; readonly index: number; readonly encryption: Encryption }
  | { readonly kind: "stop" };

/** What a vehicle has said of itself in its session; NaN where it has not. Powers are magnitudes. */
export interface VehicleWord {
  /** Identifier of its communication controller. */
  readonly vehicleId: string;
  readonly protocol: string;
  readonly phase: string;
  readonly inEnergy: boolean;
  readonly bidirectional: boolean;
  /** The charger decides within the vehicle's needs. */
  readonly dynamic: boolean;
  readonly socPct: number;
  readonly targetSocPct: number;
  readonly minSocPct: number;
  readonly capacityWh: number;
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
  readonly maxVoltageV: number;
  readonly targetWh: number;
  readonly mostWh: number;
  readonly leastWh: number;
  /** In so long from now it leaves, ms; NaN where it has not said. */
  readonly departsInMs: number;
  /** Asked for just now, where the vehicle decides. */
  readonly demandW: number;
  /** Since the session's request, ms. */
  readonly heardMsAgo: number;
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
    }
  /** What a session came to by the place's meter, told when the meter has been read after its end. */
  | {
      readonly kind: "energy";
      readonly index: number;
      readonly vehicleId: string;
      readonly chargedWh: number;
      readonly dischargedWh: number;
    }
  /** Connections that came to no session, `count` of them since the last time this was said. */
  | { readonly kind: "noise"; readonly index: number; readonly why: string; readonly count: number };

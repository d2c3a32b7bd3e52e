/** What a simulated vehicle is and wants, and one step of its session. */
import type { KeyObject } from "node:crypto";
import type { SchemaSet } from "../../../src/protocols/exi/schema.ts";
import { xmldsig } from "../../../src/protocols/iso15118/messages/xmldsig.ts";
import type { Fields } from "../../../src/protocols/iso15118/sessions/session.ts";
import { type Signature, signElements } from "../../../src/protocols/iso15118/signatures.ts";
import type { Habit } from "./habits.table.ts";

export type VehicleProtocol = "DIN SPEC 70121" | "ISO 15118-2" | "ISO 15118-20";

/** `mcs`: DC by the plug for trucks. */
export type VehicleEnergy = "dc" | "ac" | "mcs";

export interface VehicleOptions {
  readonly protocol: VehicleProtocol;
  /** Absent: DC. */
  readonly energy?: VehicleEnergy;
  /** It lets energy be taken out (ISO 15118-20). */
  readonly bidirectional: boolean;
  /** It decides itself, within the charger's schedule (ISO 15118-20); otherwise the charger does. */
  readonly scheduled?: boolean;
  /** Which of the charger's schedules it takes, from 1 on (ISO 15118-2); the first without. */
  readonly takesSchedule?: number | undefined;
  readonly voltageV: number;
  /** Rounds of the charging loop before it leaves. */
  readonly rounds: number;
  /** What it asks for where it decides itself, A. */
  readonly currentA: number;
  readonly unixS: () => number;
  /** It pays by this contract; otherwise somebody pays outside the vehicle. */
  readonly contract?: VehicleContract | undefined;
  /** It leaves with a pause; otherwise for good. */
  readonly pauses?: boolean;
  /** It comes back to the session of this number, hexadecimal. */
  readonly resumes?: string | undefined;
  /** What it tells of itself, looked at anew for each request; a usual vehicle without. */
  readonly battery?: VehicleBattery | undefined;
  /** Waits between two requests of a kind: while the charger is processing, and between rounds of the loop. */
  readonly pace?: (between: "repeats" | "rounds") => Promise<void>;
  /** How it misbehaves, looked at before each round of the loop; not at all without. */
  readonly habit?: Habit | undefined;
  /** The state of the control pilot that its habit asks for. */
  readonly onPilot?: (state: "" | "B" | "C") => void;
  /** It wants to leave: looked at after each round of the loop. */
  readonly leaves?: () => boolean;
}

/** A certificate with its key; certificates are DER. */
export interface Identity {
  readonly certificate: Uint8Array;
  readonly key: KeyObject;
}

/** In whose grammar a vehicle codes what it signs: there are two practices in the field, and chargers that know only one. */
export type SignatureGrammar = "message" | "xmldsig";

export interface VehicleContract extends Identity {
  readonly emaid: string;
  /** Authorities between the contract and its root. */
  readonly between: readonly Uint8Array[];
  /** Its maker's certificate, by which it asks for a contract first. */
  readonly provisioning?: Identity | undefined;
  /** Absent: the message's. */
  readonly grammar?: SignatureGrammar | undefined;
}

/** A vehicle's battery as its session tells it. Powers are magnitudes at the vehicle's side, W. */
export interface VehicleBattery {
  /** Identifier of its communication controller, at most twenty letters and digits. */
  readonly id: string;
  readonly socPct: number;
  readonly targetPct: number;
  /** Nothing is taken below this. */
  readonly minPct: number;
  readonly capacityWh: number;
  readonly chargeW: number;
  readonly dischargeW: number;
  /** Until it leaves. */
  readonly departureS: number;
}

/** One that nobody has described. */
export const usualBattery: VehicleBattery = {
  id: "SIMULATED",
  socPct: 50,
  targetPct: 75,
  minPct: 37.5,
  capacityWh: 40_000,
  chargeW: 30_000,
  dischargeW: 20_000,
  departureS: 3_600,
};

/** A request whose body may depend on what has been answered so far, by the names of the requests. */
export interface Step {
  readonly request: string;
  readonly body: (answers: ReadonlyMap<string, Fields>, sessionId: string) => Fields;
  /** The signature of its header, over elements of its body. */
  readonly sign?: (body: Fields) => Signature;
}

/** The way of a vehicle through its session: before the loop, a round of it, after it. */
export interface Way {
  readonly before: readonly Step[];
  readonly loop: Step;
  readonly after: readonly Step[];
}

export const step = (request: string, body: Fields | Step["body"], sign?: Step["sign"]): Step => ({
  request,
  body: typeof body === "function" ? body : () => body,
  ...(sign === undefined ? {} : { sign }),
});

/** Signs an element of a message's set as its key can: P-256 with SHA-256, P-521 with SHA-512. */
export function signatureOf(
  { key, grammar }: Pick<VehicleContract, "key" | "grammar">,
  set: SchemaSet,
  name: string,
  value: Fields,
): Signature {
  const suite = key.asymmetricKeyDetails?.namedCurve === "secp521r1" ? "ecdsa-p521-sha512" : "ecdsa-p256-sha256";
  const signedIn = grammar === "xmldsig" ? (xmldsig as unknown as SchemaSet) : set;
  return signElements(suite, key, [{ set, element: { name }, value }], signedIn);
}

/** What fits without a power of ten. */
const largestValue = 32_000;
/** A number of ISO 15118-20. */
export const rational = (value: number): Fields => {
  const Exponent = Math.abs(value) > 100 * largestValue ? 3 : Math.abs(value) > largestValue ? 2 : 0;
  return { Exponent, Value: Math.round(value / 10 ** Exponent) };
};
/** A number of DIN SPEC 70121 and ISO 15118-2. */
export const physical = (value: number, Unit: string): Fields => ({ Multiplier: 0, Unit, Value: Math.round(value) });

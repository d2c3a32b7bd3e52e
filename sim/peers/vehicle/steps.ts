/** What a simulated vehicle is and wants, and one step of its session. */
import type { Fields } from "../../../src/protocols/iso15118/sessions/session.ts";

export type VehicleProtocol = "DIN SPEC 70121" | "ISO 15118-2" | "ISO 15118-20";

export interface VehicleOptions {
  readonly protocol: VehicleProtocol;
  /** Absent: DC. */
  readonly energy?: "dc" | "ac";
  /** It lets energy be taken out (ISO 15118-20). */
  readonly bidirectional: boolean;
  /** It decides itself, within the charger's schedule (ISO 15118-20); otherwise the charger does. */
  readonly scheduled?: boolean;
  readonly voltageV: number;
  /** Rounds of the charging loop before it leaves. */
  readonly rounds: number;
  /** What it asks for where it decides itself, A. */
  readonly currentA: number;
  readonly unixS: () => number;
}

/** A request whose body may depend on what has been answered so far, by the names of the requests. */
export interface Step {
  readonly request: string;
  readonly body: (answers: ReadonlyMap<string, Fields>) => Fields;
}

/** The way of a vehicle through its session: before the loop, a round of it, after it. */
export interface Way {
  readonly before: readonly Step[];
  readonly loop: Step;
  readonly after: readonly Step[];
}

export const step = (request: string, body: Fields | Step["body"]): Step => ({
  request,
  body: typeof body === "function" ? body : () => body,
});

/** A number of ISO 15118-20. */
export const rational = (value: number): Fields => ({ Exponent: 0, Value: Math.round(value) });
/** A number of DIN SPEC 70121 and ISO 15118-2. */
export const physical = (value: number, Unit: string): Fields => ({ Multiplier: 0, Unit, Value: Math.round(value) });

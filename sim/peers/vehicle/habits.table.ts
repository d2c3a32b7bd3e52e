/**
 * Ways in which vehicles misbehave, from recordings and reports of the field, each by a name: what becomes of a request on its
 * way out. What is about the loop begins after `begun` rounds of it; given to a vehicle in its loop, it begins at once.
 */
import { writeV2gtpHeader } from "../../../src/protocols/iso15118/v2gtp.ts";

/** A request that is about to go out. */
export interface Outgoing {
  readonly request: string;
  /** The whole frame. */
  readonly frame: Uint8Array;
  /** Rounds of the loop so far. */
  readonly round: number;
}

/** What goes out instead: pieces with a pause before each, ms. */
type Pieces = readonly { readonly afterMs: number; readonly bytes: Uint8Array }[];

/** A protocol as a vehicle offers it before its session. */
export interface OfferedProtocol {
  readonly ProtocolNamespace: string;
  readonly VersionNumberMajor: number;
  readonly VersionNumberMinor: number;
  readonly SchemaID: number;
  /** 1 is what it likes most. */
  readonly Priority: number;
}

export interface Habit {
  readonly name: string;
  readonly sentence: string;
  /** Undefined: as it is. */
  readonly send?: (outgoing: Outgoing) => Pieces | undefined;
  /** The request's body before it is coded. */
  readonly say?: (request: string, body: Readonly<Record<string, unknown>>, round: number) => Readonly<Record<string, unknown>>;
  /** Requests that it leaves out. */
  readonly skips?: (request: string) => boolean;
  /** It takes its precharge as done without looking at the voltage. */
  readonly trusts?: boolean;
  /** It negotiates anew before this round of the loop. */
  readonly renegotiates?: (round: number) => boolean;
  /** Protocols that it offers, of its own; only its own without. */
  readonly offers?: (own: OfferedProtocol) => readonly OfferedProtocol[];
  /** A request that is made in place of this one. */
  readonly instead?: (request: string, round: number) => string | undefined;
  /** State of the control pilot from this round of the loop on. */
  readonly pilot?: (round: number) => "" | "B" | "C";
  /** Seconds that its clock is off. */
  readonly clockS?: (round: number) => number;
  /** It goes on although the charger asks it to stop or to pause. */
  readonly staysWhenAsked?: boolean;
  /** What wakes it when it sleeps; a duty cycle that begins without. */
  readonly wakesBy?: "state-f" | "nothing";
  /** Its own number of the session. */
  readonly sessionId?: (round: number) => string | undefined;
}

export const begun = 20;
const after = begun;
const isLoop = (request: string): boolean => /Loop|CurrentDemand|ChargingStatus/.test(request);
const isOf = (word: string) => (request: string): boolean => request.includes(word);
const broken = (change: (frame: Uint8Array) => Uint8Array): NonNullable<Habit["send"]> => ({ request, frame, round }) =>
  isLoop(request) && round === after ? [{ afterMs: 0, bytes: change(frame.slice()) }] : undefined;
const number = (Value: number, Exponent = 0) => ({ Exponent, Value });
/** Replaces every number of these names in a body, however deep. */
function replaced(body: unknown, names: RegExp, value: unknown): unknown {
  if (typeof body !== "object" || body === null || ArrayBuffer.isView(body)) return body;
  if (Array.isArray(body)) return body.map((one) => replaced(one, names, value));
  return Object.fromEntries(
    Object.entries(body).map(([name, inner]) => [name, names.test(name) ? value : replaced(inner, names, value)]),
  );
}
const inLoop = (names: RegExp, value: unknown): NonNullable<Habit["say"]> => (request, body, round) =>
  isLoop(request) && round >= after ? (replaced(body, names, value) as Record<string, unknown>) : body;

/** Limits as Josev's stock vehicle told them. Numbers of the older protocols go as far as their schema lets them. */
function boast(body: unknown): Record<string, unknown> {
  const currents = replaced(body, /^EVMaximum(Charge|Discharge)Current$/, number(3_000, 2));
  const voltages = replaced(currents, /^EVMaximumVoltage$/, number(20_000));
  const powers = replaced(voltages, /^EV(Maximum|Minimum)(Charge|Discharge)Power$/, number(3_000, 2));
  const largest = { Multiplier: 3, Unit: "A", Value: 32_000 };
  return replaced(powers, /^EVMaximumCurrentLimit$/, largest) as Record<string, unknown>;
}

function manyProtocols(own: OfferedProtocol): readonly OfferedProtocol[] {
  const other = (ProtocolNamespace: string, SchemaID: number, Priority: number) => ({ ...own, ProtocolNamespace, SchemaID, Priority });
  return [
    other("urn:iso:15118:2:2010:MsgDef", 7, 3),
    other("urn:example:of:a:maker", 8, 1),
    { ...own, SchemaID: 9, Priority: 2 },
    other("urn:iso:std:iso:15118:-20:WPT", 10, 4),
  ];
}

export const habits: readonly Habit[] = [
  { name: "silent", sentence: "Falls silent in the loop and keeps its connection open.", send: ({ request, round }) => (isLoop(request) && round >= after ? [] : undefined) },
  { name: "late", sentence: "Is 2 s late with one request of the loop, as real vehicles are.", send: ({ request, frame, round }) => (isLoop(request) && round === after ? [{ afterMs: 2_000, bytes: frame }] : undefined) },
  { name: "pieces", sentence: "Sends every frame byte by byte.", send: ({ frame }) => Array.from(frame, (_, i) => ({ afterMs: 0, bytes: frame.slice(i, i + 1) })) },
  { name: "half-frame", sentence: "Sends half a frame of the loop and then nothing.", send: ({ request, frame, round }) => (isLoop(request) && round >= after ? (round === after ? [{ afterMs: 0, bytes: frame.slice(0, frame.length >> 1) }] : []) : undefined) },
  { name: "oversized", sentence: "Announces a frame of two megabytes in the loop.", send: broken((frame) => { writeV2gtpHeader(frame, 0, { payloadType: frame[2]! * 256 + frame[3]!, payloadBytes: 2_000_000 }); return frame; }) },
  { name: "garbage", sentence: "Sends bytes in the loop that are no message.", send: broken((frame) => frame.fill(0xa5, 8)) },
  { name: "flood", sentence: "Sends a hundred requests of the loop at once.", send: ({ request, frame, round }) => (isLoop(request) && round === after ? Array.from({ length: 100 }, () => ({ afterMs: 0, bytes: frame })) : undefined) },
  { name: "wrong-session", sentence: "Names another session in the loop.", sessionId: (round) => (round >= after ? "00000000deadbeef" : undefined) },
  { name: "out-of-order", sentence: "Asks for the welding detection in the middle of the loop.", instead: (request, round) => (isLoop(request) && round === after ? (request.startsWith("DC_") ? "DC_WeldingDetection" : "WeldingDetection") : undefined) },
  { name: "greedy", sentence: "Asks for more than any charger can give.", say: inLoop(/^EVMaximumChargePower$|^EVMaximumDischargePower$|^EVMaximumPowerLimit$/, number(32_000, 2)) },
  { name: "negative-discharge", sentence: "Tells its discharging limits below zero.", say: inLoop(/^EVMaximumDischarge(Power|Current)$/, number(-20_000)) },
  { name: "absurd-exponent", sentence: "Tells a limit with an exponent that makes no number.", say: inLoop(/^EVMaximumChargePower$/, number(30_000, 127)) },
  { name: "stays-when-asked", sentence: "Goes on although the charger asks it to stop or to pause.", staysWhenAsked: true },
  { name: "deep-sleeper", sentence: "Wakes up by state F of the control pilot only.", wakesBy: "state-f" },
  { name: "never-wakes", sentence: "Does not wake up once it sleeps.", wakesBy: "nothing" },
  { name: "clock-goes-back", sentence: "Its clock goes back by an hour in the loop.", clockS: (round) => (round >= after ? -3_600 : 0) },
  { name: "full-window", sentence: "Says that nothing may be taken out any more.", say: inLoop(/^EVMinimumEnergyRequest$/, number(0)) },
  { name: "leaves-in-precharge", sentence: "Ends its session while it is being precharged.", instead: (request) => (isOf("PreCharge")(request) ? "SessionStop" : undefined) },
  { name: "leaves-in-loop", sentence: "Ends its session in the middle of the loop, without ending the energy first (a VW).", instead: (request, round) => (isLoop(request) && round === after ? "SessionStop" : undefined) },
  { name: "gives-up-early", sentence: "Ends the energy before its precharge has begun (Audi Q4).", instead: (request) => (isOf("PreCharge")(request) ? "PowerDelivery" : request === "PowerDelivery" ? "SessionStop" : undefined) },
  { name: "never-precharged", sentence: "Never says that its precharge is finished, and asks for power (Josev's).", say: (request, body) => (request === "DC_PreCharge" ? { ...body, EVProcessing: "Ongoing" } : body) },
  { name: "trusting", sentence: "Takes its precharge as done whatever voltage the charger tells (DIN SPEC 70121, ISO 15118-2; Josev's).", trusts: true },
  { name: "skips-welding", sentence: "Does not test its contactors (Ioniq, Kona, Tesla).", skips: isOf("WeldingDetection") },
  { name: "reports-fault", sentence: "Reports a fault of its own in the loop (DIN SPEC 70121, ISO 15118-2).", say: inLoop(/^EVErrorCode$/, "FAILED_ChargingCurrentdifferential") },
  { name: "asks-standby", sentence: "Asks for standby in the loop (ISO 15118-20).", instead: (request, round) => (/^[AD]C_ChargeLoop$/.test(request) && round === after ? "PowerDelivery" : undefined) },
  { name: "renegotiates", sentence: "Negotiates its schedule anew by itself, in the loop (ISO 15118-2, ISO 15118-20).", renegotiates: (round) => round === after },
  { name: "picky", sentence: "Can do with no less than 15 kW (ISO 15118-20).", say: (_, body) => replaced(body, /^EVMinimum(Charge|Discharge)Power$/, number(15_000)) as Record<string, unknown> },
  { name: "boasts", sentence: "Tells limits beyond all measure from the start: 300 kA, 20 kV, no less than 300 kW (Josev's once did).", say: (_, body) => boast(body) },
  { name: "many-protocols", sentence: "Offers old and unknown protocols beside its own, its own not first in the list.", offers: manyProtocols },
  { name: "asks-for-meter", sentence: "Asks for the meter in each round (ISO 15118-20).", say: inLoop(/^MeterInfoRequested$/, true) },
  { name: "pilot-leaves", sentence: "Its control pilot goes from C to B while energy flows.", pilot: (round) => (round >= after ? "B" : "C") },
  { name: "never-ready", sentence: "Its control pilot stays in B when energy is to flow.", pilot: () => "B" },
];

export const habitOf = (name: string): Habit | undefined => habits.find((habit) => habit.name === name);

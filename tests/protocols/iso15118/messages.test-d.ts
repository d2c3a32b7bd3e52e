/**
 * What the type checker says about message literals; `tsc --noEmit` runs this file, nothing executes it.
 * Each `@ts-expect-error` is a mistake that must not compile.
 */
import { codecOf } from "../../../src/protocols/exi/codec.ts";
import type { Infer } from "../../../src/protocols/exi/schema.ts";
import { iso2, type V2G_Message } from "../../../src/protocols/iso15118/messages/iso2.ts";
import type { SessionSetupRes } from "../../../src/protocols/iso15118/messages/iso20-common-messages.ts";
import { type DC_ChargeLoopReq, iso20Dc } from "../../../src/protocols/iso15118/messages/iso20-dc.ts";

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
const holds = <_Claim extends true>(): void => undefined;

const Header = { SessionID: new Uint8Array(8), TimeStamp: 1_700_000_000 };
const zero = { Exponent: 0, Value: 0 };
const needs = { EVTargetEnergyRequest: zero, EVMaximumEnergyRequest: zero, EVMinimumEnergyRequest: zero };
const scheduled = { EVTargetCurrent: zero, EVTargetVoltage: zero };
const start = { Header, MeterInfoRequested: false, EVPresentVoltage: zero };

type Loop = Infer<typeof DC_ChargeLoopReq>;

// What compiles: required fields, one member of the group, optional fields or not.
({ ...start, Scheduled_DC_CLReqControlMode: scheduled }) satisfies Loop;
({
  ...start,
  DisplayParameters: { PresentSOC: 55 },
  Scheduled_DC_CLReqControlMode: { ...needs, ...scheduled },
}) satisfies Loop;
({ ...start, Header: { ...Header, TimeStamp: 2n ** 60n }, Scheduled_DC_CLReqControlMode: scheduled }) satisfies Loop;

// A missing field.
// @ts-expect-error EVPresentVoltage is missing
({ Header, MeterInfoRequested: false, Scheduled_DC_CLReqControlMode: scheduled }) satisfies Loop;
// @ts-expect-error EVTargetVoltage is missing, deeper
({ ...start, Scheduled_DC_CLReqControlMode: { EVTargetCurrent: zero } }) satisfies Loop;
// @ts-expect-error no control mode at all
({ ...start }) satisfies Loop;

// A misspelt field.
// @ts-expect-error EVPresentVoltag
({ Header, MeterInfoRequested: false, EVPresentVoltag: zero, Scheduled_DC_CLReqControlMode: scheduled }) satisfies Loop;
// @ts-expect-error DisplayParameter, which is optional
({ ...start, DisplayParameter: { PresentSOC: 55 }, Scheduled_DC_CLReqControlMode: scheduled }) satisfies Loop;
// @ts-expect-error PresentSoc, optional and deeper
({ ...start, DisplayParameters: { PresentSoc: 55 }, Scheduled_DC_CLReqControlMode: scheduled }) satisfies Loop;

// An ill-typed field.
// @ts-expect-error a number is no boolean
({ ...start, MeterInfoRequested: 0, Scheduled_DC_CLReqControlMode: scheduled }) satisfies Loop;
// @ts-expect-error a number is no RationalNumber
({ ...start, EVPresentVoltage: 400, Scheduled_DC_CLReqControlMode: scheduled }) satisfies Loop;
// @ts-expect-error digits are no octets
({ ...start, Header: { ...Header, SessionID: "00" }, Scheduled_DC_CLReqControlMode: scheduled }) satisfies Loop;
// @ts-expect-error an optional field is absent, not undefined
({ ...start, DisplayParameters: undefined, Scheduled_DC_CLReqControlMode: scheduled }) satisfies Loop;
// @ts-expect-error two control modes at once
({ ...start, Scheduled_DC_CLReqControlMode: scheduled, BPT_Scheduled_DC_CLReqControlMode: scheduled }) satisfies Loop;
// @ts-expect-error the head of the group is not a message
({ ...start, CLReqControlMode: {} }) satisfies Loop;

// Words of an enumeration.
type SetupResponse = Infer<typeof SessionSetupRes>;
({ Header, ResponseCode: "OK_NewSessionEstablished", EVSEID: "DE*ABC*E1" }) satisfies SetupResponse;
// @ts-expect-error not a word of this edition
({ Header, ResponseCode: "FAILED_Everything", EVSEID: "DE*ABC*E1" }) satisfies SetupResponse;

// Bodies of ISO 15118-2.
({
  Header: { SessionID: new Uint8Array(8) },
  Body: { SessionSetupReq: { EVCCID: new Uint8Array(6) } },
}) satisfies V2G_Message;
// @ts-expect-error a field of another message
({ Header: { SessionID: new Uint8Array(8) }, Body: { SessionSetupReq: { EVSEID: "x" } } }) satisfies V2G_Message;
const stop = { SessionStopReq: { ChargingSession: "Pause" } } as const;
// @ts-expect-error two messages
({ Header: { SessionID: new Uint8Array(8) }, Body: { ...stop, ChargingStatusReq: {} } }) satisfies V2G_Message;

// The inferred types themselves.
holds<Equal<Loop["MeterInfoRequested"], boolean>>();
holds<Equal<Loop["Header"]["TimeStamp"], number | bigint>>();
holds<Equal<Loop["EVPresentVoltage"], { Exponent: number; Value: number }>>();
holds<Equal<Extract<keyof Loop, "CLReqControlMode">, never>>();

// The codec knows the roots of its set, and decoding tells which one it is.
export function codecTypes(message: Loop, bytes: Uint8Array): number {
  const codec = codecOf(iso20Dc);
  codec.encode("DC_ChargeLoopReq", message);
  // @ts-expect-error another message's value
  codec.encode("DC_PreChargeReq", message);
  // @ts-expect-error no root of this set
  codec.encode("SessionSetupReq", message);
  const decoded = codec.decode(bytes);
  if (decoded.root === "DC_ChargeLoopReq") {
    holds<Equal<typeof decoded.value, Loop>>();
    return decoded.value.BPT_Dynamic_DC_CLReqControlMode?.EVMaximumDischargePower.Value ?? 0;
  }
  // @ts-expect-error the value of which message?
  decoded.value.MeterInfoRequested;
  const second = codecOf(iso2).decode(bytes);
  return second.root === "V2G_Message" ? (second.value.Body.CurrentDemandReq?.EVTargetCurrent.Value ?? 0) : 0;
}

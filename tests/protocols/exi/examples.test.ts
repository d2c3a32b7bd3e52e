import { describe, expect, test } from "vitest";
import { ExiError } from "../../../src/protocols/exi/errors.ts";
import type { SchemaSetName } from "../../../src/protocols/iso15118/messages/index.ts";
import { anyCodecOf, bytesOf, comparable, hexOf } from "./support/vectors.ts";

const header2 = { SessionID: new Uint8Array(0) };
const protocol = (ProtocolNamespace: string, VersionNumberMajor = 1) => ({
  ProtocolNamespace,
  VersionNumberMajor,
  VersionNumberMinor: 0,
  SchemaID: 1,
  Priority: 1,
});
const header20 = { SessionID: new Uint8Array(8), TimeStamp: 0 };

describe("messages and their bytes", () => {
  test.each([
    [
      "a lone event still costs a bit",
      "sap",
      "supportedAppProtocolRes",
      { ResponseCode: "OK_SuccessfulNegotiation", SchemaID: 1 },
      "80400040",
    ],
    [
      "empty octets are octets of length zero",
      "iso2",
      "V2G_Message",
      { Header: header2, Body: { SessionSetupReq: { EVCCID: new Uint8Array(0) } } },
      "80980011d00000",
    ],
    ["one entry", "sap", "supportedAppProtocolReq", { AppProtocol: [protocol("a")] }, "80001b08010000040040"],
  ] as const)("%s", (_, set, root, value, hex) => {
    const codec = anyCodecOf(set as SchemaSetName);
    expect(hexOf(codec.encode(root, value))).toBe(hex);
    const decoded = codec.decode(bytesOf(hex));
    expect(comparable(decoded)).toEqual(comparable({ root, value }));
  });

  test("the end that leaves out an empty text is understood", () => {
    const { value } = anyCodecOf("iso2").decode(bytesOf("8098447500"));
    expect(comparable(value)).toEqual(
      comparable({ Header: header2, Body: { SessionSetupReq: { EVCCID: new Uint8Array(0) } } }),
    );
  });

  test("encodeInto writes into the caller's buffer, and says when it is too small", () => {
    const codec = anyCodecOf("sap");
    const target = new Uint8Array(16).fill(0xaa);
    const length = codec.encodeInto(
      "supportedAppProtocolRes",
      { ResponseCode: "OK_SuccessfulNegotiation", SchemaID: 1 },
      target,
      8,
    );
    expect(hexOf(target)).toBe("aaaaaaaaaaaaaaaa80400040aaaaaaaa");
    expect(length).toBe(4);
    const tooSmall = (): unknown =>
      codec.encodeInto("supportedAppProtocolRes", { ResponseCode: "OK_SuccessfulNegotiation" }, target, 15);
    expect(tooSmall).toThrow(/the target has 1/);
  });

  test("a decoded message does not change when the next one comes", () => {
    const codec = anyCodecOf("iso20-common");
    const message = (fill: number, EVCCID: string) => ({
      Header: { ...header20, SessionID: new Uint8Array(8).fill(fill) },
      EVCCID,
    });
    const first = codec.decode(codec.encode("SessionSetupReq", message(1, "first")));
    const bytes = codec.encode("SessionSetupReq", message(2, "second"));
    codec.decode(codec.encode("SessionSetupReq", message(3, "third")));
    expect(comparable(first.value)).toEqual(comparable(message(1, "first")));
    expect(comparable(codec.decode(bytes).value)).toEqual(comparable(message(2, "second")));
  });
});

describe("values that cannot be sent are refused, with the field's path", () => {
  const sessionSetup = (change: object) => ({ Header: header20, EVCCID: "WMIV", ...change });
  test.each([
    ["a field is missing", "SessionSetupReq", { Header: header20 }, "missing", "SessionSetupReq"],
    [
      "a field is missing, deeper",
      "SessionSetupReq",
      sessionSetup({ Header: { SessionID: new Uint8Array(8) } }),
      "missing",
      "SessionSetupReq/Header",
    ],
    ["a number where text should be", "SessionSetupReq", sessionSetup({ EVCCID: 5 }), "type", "SessionSetupReq/EVCCID"],
    [
      "256 characters of 255",
      "SessionSetupReq",
      sessionSetup({ EVCCID: "x".repeat(256) }),
      "length",
      "SessionSetupReq/EVCCID",
    ],
    ["a NUL", "SessionSetupReq", sessionSetup({ EVCCID: "a\u0000" }), "character", "SessionSetupReq/EVCCID"],
    [
      "half of a surrogate pair",
      "SessionSetupReq",
      sessionSetup({ EVCCID: "\ud800" }),
      "character",
      "SessionSetupReq/EVCCID",
    ],
    [
      "nine octets of eight",
      "SessionSetupReq",
      sessionSetup({ Header: { ...header20, SessionID: new Uint8Array(9) } }),
      "length",
      "SessionSetupReq/Header/SessionID",
    ],
    [
      "digits in place of octets",
      "SessionSetupReq",
      sessionSetup({ Header: { ...header20, SessionID: "00" } }),
      "type",
      "SessionSetupReq/Header/SessionID",
    ],
    [
      "a negative time",
      "SessionSetupReq",
      sessionSetup({ Header: { ...header20, TimeStamp: -1 } }),
      "range",
      "SessionSetupReq/Header/TimeStamp",
    ],
    [
      "half a second",
      "SessionSetupReq",
      sessionSetup({ Header: { ...header20, TimeStamp: 0.5 } }),
      "type",
      "SessionSetupReq/Header/TimeStamp",
    ],
    [
      "2^64",
      "SessionSetupReq",
      sessionSetup({ Header: { ...header20, TimeStamp: 1n << 64n } }),
      "range",
      "SessionSetupReq/Header/TimeStamp",
    ],
    [
      "a word of another list",
      "AuthorizationRes",
      { Header: header20, ResponseCode: "OK", EVSEProcessing: "Done" },
      "enumeration",
      "AuthorizationRes/EVSEProcessing",
    ],
    [
      "no member of a choice",
      "AuthorizationReq",
      { Header: header20, SelectedAuthorizationService: "EIM" },
      "missing",
      "AuthorizationReq",
    ],
    [
      "two members of a choice",
      "AuthorizationReq",
      {
        Header: header20,
        SelectedAuthorizationService: "EIM",
        EIM_AReqAuthorizationMode: {},
        PnC_AReqAuthorizationMode: {},
      },
      "ambiguous",
      "AuthorizationReq",
    ],
    [
      "an empty list of at least one",
      "ServiceDiscoveryReq",
      { Header: header20, SupportedServiceIDs: { ServiceID: [] } },
      "missing",
      "ServiceDiscoveryReq/SupportedServiceIDs",
    ],
    [
      "17 entries of 16",
      "ServiceDiscoveryReq",
      { Header: header20, SupportedServiceIDs: { ServiceID: Array(17).fill(1) } },
      "length",
      "ServiceDiscoveryReq/SupportedServiceIDs",
    ],
    [
      "a point of 11 of at least 12",
      "ScheduleExchangeReq",
      { Header: header20, MaximumSupportingPoints: 11, Scheduled_SEReqControlMode: {} },
      "range",
      "ScheduleExchangeReq/MaximumSupportingPoints",
    ],
    [
      "an object where a list should be",
      "ServiceDiscoveryReq",
      { Header: header20, SupportedServiceIDs: { ServiceID: { 0: 1 } } },
      "type",
      "ServiceDiscoveryReq/SupportedServiceIDs",
    ],
    ["nothing at all", "SessionSetupReq", undefined, "type", "SessionSetupReq"],
    ["a root that is none", "SessionSetup", {}, "root", "SessionSetup"],
  ] as const)("%s", (_, root, value, code, path) => {
    let refusal: unknown;
    try {
      anyCodecOf("iso20-common").encode(root, value);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(ExiError);
    expect(refusal).toMatchObject({ code, path });
  });
});

test("input beyond the limit is refused before it is looked at", () => {
  expect(() => anyCodecOf("sap").decode(new Uint8Array((1 << 18) + 1))).toThrow(
    expect.objectContaining({ code: "message-too-large" }),
  );
});

test("a message beyond the limit is refused by name", () => {
  const certificate = new Uint8Array(1200);
  const chain = { Certificate: certificate, SubCertificates: { Certificate: Array(300).fill(certificate) } };
  const value = {
    Header: header2,
    Body: { PaymentDetailsReq: { ContractID: "x", ContractSignatureCertChain: chain } },
  };
  expect(() => anyCodecOf("din").encode("V2G_Message", value)).toThrow(
    expect.objectContaining({ code: "message-too-large" }),
  );
});

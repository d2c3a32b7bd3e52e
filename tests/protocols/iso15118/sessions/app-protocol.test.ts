/** Which protocol a vehicle and the charger agree on. */
import { expect, it } from "vitest";
import {
  dinOffered,
  iso2Offered,
  iso20DcOffered,
  negotiate,
} from "../../../../src/protocols/iso15118/sessions/app-protocol.ts";

const din = {
  ProtocolNamespace: dinOffered.namespace,
  VersionNumberMajor: 2,
  VersionNumberMinor: 0,
  SchemaID: 5,
  Priority: 2,
};
const iso2 = {
  ProtocolNamespace: iso2Offered.namespace,
  VersionNumberMajor: 2,
  VersionNumberMinor: 0,
  SchemaID: 7,
  Priority: 1,
};
const old = { ...iso2, ProtocolNamespace: "urn:iso:15118:2:2010:MsgDef", SchemaID: 9 };

it.each([
  ["both spoken: the vehicle's first wins", [din, iso2], 7, "OK_SuccessfulNegotiation"],
  [
    "its ranking, not the order of the list",
    [iso2, { ...din, Priority: 1 }, { ...iso2, Priority: 3 }].slice(1),
    5,
    "OK_SuccessfulNegotiation",
  ],
  ["another minor version", [{ ...iso2, VersionNumberMinor: 1 }], 7, "OK_SuccessfulNegotiationWithMinorDeviation"],
  ["another major version", [{ ...iso2, VersionNumberMajor: 3 }], undefined, "Failed_NoNegotiation"],
  ["an edition that nobody speaks", [old], undefined, "Failed_NoNegotiation"],
  ["the unknown first, then a known one", [old, { ...din, Priority: 5 }], 5, "OK_SuccessfulNegotiation"],
])("%s", (_, AppProtocol, SchemaID, ResponseCode) => {
  const { answer, chosen } = negotiate({ AppProtocol }, [dinOffered, iso2Offered]);
  expect(answer).toEqual(SchemaID === undefined ? { ResponseCode } : { ResponseCode, SchemaID });
  expect(chosen === undefined).toBe(SchemaID === undefined);
});

it("a vehicle that wants ISO 15118-20 first and ISO 15118-2 second gets what is offered of them", () => {
  const wants = (offered: typeof iso2Offered, SchemaID: number, Priority: number) => ({
    ProtocolNamespace: offered.namespace,
    VersionNumberMajor: offered.major,
    VersionNumberMinor: offered.minor,
    SchemaID,
    Priority,
  });
  const request = { AppProtocol: [wants(iso2Offered, 1, 2), wants(iso20DcOffered, 2, 1)] };
  expect(negotiate(request, [iso2Offered, iso20DcOffered]).chosen).toBe(iso20DcOffered);
  expect(negotiate(request, [iso2Offered]).chosen).toBe(iso2Offered);
});

/**
 * SupportedAppProtocol: the handshake that selects the protocol of a session, common to DIN SPEC 70121 and all
 * editions of ISO 15118.
 */
import { namespace, optional, repeat, schemaSet } from "../../exi/dsl.ts";
import { enumeration, restrict, xs } from "../../exi/simple-types.ts";

const { elements, sequence } = namespace("urn:iso:15118:2:2010:AppProtocol", {
  prefix: "sap",
  elements: "unqualified",
});

const ProtocolNamespace = restrict(xs.anyURI, { maxLength: 100 });
const SchemaID = xs.unsignedByte;
const Priority = restrict(xs.unsignedByte, { minInclusive: 1, maxInclusive: 20 });
const AppProtocol = sequence({
  ProtocolNamespace,
  VersionNumberMajor: xs.unsignedInt,
  VersionNumberMinor: xs.unsignedInt,
  SchemaID,
  Priority,
});

const ResponseCode = enumeration(
  "OK_SuccessfulNegotiation",
  "OK_SuccessfulNegotiationWithMinorDeviation",
  "Failed_NoNegotiation",
);

/** The vehicle lists the protocols that it speaks, each with a priority (1 is the highest). */
const supportedAppProtocolReq = sequence({ AppProtocol: repeat(AppProtocol, 1, 20) });

/** The charger picks one of them by its SchemaID, or none. */
const supportedAppProtocolRes = sequence({ ResponseCode, SchemaID: optional(SchemaID) });

/** The global elements of this schema. */
const appProtocolElements = elements({ supportedAppProtocolReq, supportedAppProtocolRes });

/** The two messages of the handshake. */
export const sap = schemaSet("sap", appProtocolElements);

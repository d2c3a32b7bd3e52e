/** The handshake before every session: which protocol both speak, by the vehicle's own ranking. */
import type { Roots } from "../../exi/schema.ts";
import type { sap } from "../messages/app-protocol.ts";

type Bodies = Roots<typeof sap>;

/** A protocol that the charger offers on this connection. */
export interface Offered {
  readonly namespace: string;
  readonly major: number;
  readonly minor: number;
}

export const dinOffered: Offered = { namespace: "urn:din:70121:2012:MsgDef", major: 2, minor: 0 };
export const iso2Offered: Offered = { namespace: "urn:iso:15118:2:2013:MsgDef", major: 2, minor: 0 };
/** ISO 15118-20 is negotiated per kind of energy. */
export const iso20AcOffered: Offered = { namespace: "urn:iso:std:iso:15118:-20:AC", major: 1, minor: 0 };
export const iso20DcOffered: Offered = { namespace: "urn:iso:std:iso:15118:-20:DC", major: 1, minor: 0 };

/**
 * The vehicle's most wanted protocol that is offered: same namespace and major version. Without one the answer refuses and
 * the connection closes after it.
 */
export function negotiate(
  request: Bodies["supportedAppProtocolReq"],
  offered: readonly Offered[],
): { readonly answer: Bodies["supportedAppProtocolRes"]; readonly chosen: Offered | undefined } {
  const ranked = [...request.AppProtocol].sort((a, b) => a.Priority - b.Priority);
  for (const wanted of ranked) {
    const chosen = offered.find(
      ({ namespace, major }) => namespace === wanted.ProtocolNamespace && major === wanted.VersionNumberMajor,
    );
    if (chosen === undefined) continue;
    const same = chosen.minor === wanted.VersionNumberMinor;
    return {
      answer: {
        ResponseCode: same ? "OK_SuccessfulNegotiation" : "OK_SuccessfulNegotiationWithMinorDeviation",
        SchemaID: wanted.SchemaID,
      },
      chosen,
    };
  }
  return { answer: { ResponseCode: "Failed_NoNegotiation" }, chosen: undefined };
}

/**
 * ISO 15118-2: the envelope of all its messages, and the set.
 */
import { namespace, optional, schemaSet } from "../../exi/dsl.ts";
import type { Infer } from "../../exi/schema.ts";
import { Body, bodyElements } from "./iso2-body.ts";
import { dataTypeElements, Notification, SessionID } from "./iso2-data-types.ts";
import { xmldsigElements } from "./xmldsig.ts";

const header = namespace("urn:iso:15118:2:2013:MsgHeader", { prefix: "v2gci_h", attributes: "qualified" });
const { elements, sequence } = namespace("urn:iso:15118:2:2013:MsgDef", { prefix: "v2gci_d", attributes: "qualified" });

/** Session, a notification if something went wrong, and the signature if an element is signed. */
const MessageHeader = header.sequence({
  SessionID,
  Notification: optional(Notification),
  Signature: optional(xmldsigElements.Signature),
});

/** Header and body: `{ Header: { SessionID }, Body: { SessionSetupReq: { EVCCID } } }`. */
export const V2G_Message = sequence({ Header: MessageHeader, Body });
export type V2G_Message = Infer<typeof V2G_Message>;

/** All messages of ISO 15118-2. */
export const iso2 = schemaSet("iso2", {
  ...elements({ V2G_Message }),
  ...bodyElements,
  ...dataTypeElements,
  ...xmldsigElements,
});

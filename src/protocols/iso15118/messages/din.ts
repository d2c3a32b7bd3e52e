/**
 * DIN SPEC 70121: the envelope of all its messages, and the set.
 */
import { group, namespace, optional, schemaSet } from "../../exi/dsl.ts";
import { bodyElements } from "./din-body.ts";
import { dataTypeElements, Head, Notification, SessionID } from "./din-data-types.ts";
import { xmldsigElements } from "./xmldsig.ts";

const header = namespace("urn:din:70121:2012:MsgHeader", { prefix: "v2gci_h" });
const { elements, sequence } = namespace("urn:din:70121:2012:MsgDef", { prefix: "v2gci_d" });

/** Session, a notification if something went wrong, and the signature if an element is signed. */
const MessageHeader = header.sequence({
  SessionID,
  Notification: optional(Notification),
  Signature: optional(xmldsigElements.Signature),
});

const head = elements({ BodyElement: Head });
/** All messages, one of which is in the body. */
const BodyElement = group({ ...head, ...bodyElements });
const Body = sequence({ BodyElement: optional(BodyElement) });

/** Header and body: `{ Header: { SessionID }, Body: { SessionSetupReq: { EVCCID } } }`. */
const V2G_Message = sequence({ Header: MessageHeader, Body });

/** All messages of DIN SPEC 70121. */
export const din = schemaSet("din", {
  ...elements({ V2G_Message }),
  ...head,
  ...bodyElements,
  ...dataTypeElements,
  ...xmldsigElements,
});

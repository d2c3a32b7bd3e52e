/** The handshake before every session (supportedAppProtocol). */
import type { Roots } from "../../../src/protocols/exi/schema.ts";
import { sap } from "../../../src/protocols/iso15118/messages/app-protocol.ts";

export { sap };
/** Its messages by their root elements. */
export type Messages = Roots<typeof sap>;

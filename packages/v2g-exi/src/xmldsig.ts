/** XML signatures, as they are signed. */
import type { Roots } from "../../../src/protocols/exi/schema.ts";
import { xmldsig } from "../../../src/protocols/iso15118/messages/xmldsig.ts";

export { xmldsig };
/** Its messages by their root elements. */
export type Messages = Roots<typeof xmldsig>;

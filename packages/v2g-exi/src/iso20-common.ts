/** ISO 15118-20, messages that all kinds of energy transfer share. */
import type { Roots } from "../../../src/protocols/exi/schema.ts";
import { iso20Common } from "../../../src/protocols/iso15118/messages/iso20-common-messages.ts";

export { iso20Common };
/** Its messages by their root elements. */
export type Messages = Roots<typeof iso20Common>;

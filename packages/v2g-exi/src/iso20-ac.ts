/** ISO 15118-20, AC. */
import type { Roots } from "../../../src/protocols/exi/schema.ts";
import { iso20Ac } from "../../../src/protocols/iso15118/messages/iso20-ac.ts";

export { iso20Ac };
/** Its messages by their root elements. */
export type Messages = Roots<typeof iso20Ac>;

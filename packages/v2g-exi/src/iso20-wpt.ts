/** ISO 15118-20, wireless power transfer. */
import type { Roots } from "../../../src/protocols/exi/schema.ts";
import { iso20Wpt } from "../../../src/protocols/iso15118/messages/iso20-wpt.ts";

export { iso20Wpt };
/** Its messages by their root elements. */
export type Messages = Roots<typeof iso20Wpt>;

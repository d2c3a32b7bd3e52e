/** ISO 15118-20, automatic connection (ACDP). */
import type { Roots } from "../../../src/protocols/exi/schema.ts";
import { iso20Acdp } from "../../../src/protocols/iso15118/messages/iso20-acdp.ts";

export { iso20Acdp };
/** Its messages by their root elements. */
export type Messages = Roots<typeof iso20Acdp>;

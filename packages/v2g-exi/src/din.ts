/** DIN SPEC 70121. */
import type { Roots } from "../../../src/protocols/exi/schema.ts";
import { din } from "../../../src/protocols/iso15118/messages/din.ts";

export { din };
/** Its messages by their root elements. */
export type Messages = Roots<typeof din>;

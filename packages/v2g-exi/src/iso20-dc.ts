/** ISO 15118-20, DC. */
import type { Roots } from "../../../src/protocols/exi/schema.ts";
import { iso20Dc } from "../../../src/protocols/iso15118/messages/iso20-dc.ts";

export { iso20Dc };
/** Its messages by their root elements. */
export type Messages = Roots<typeof iso20Dc>;

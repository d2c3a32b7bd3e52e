/** ISO 15118-2. */
import type { Roots } from "../../../src/protocols/exi/schema.ts";
import { iso2 } from "../../../src/protocols/iso15118/messages/iso2.ts";

export { iso2 };
/** Its messages by their root elements. */
export type Messages = Roots<typeof iso2>;

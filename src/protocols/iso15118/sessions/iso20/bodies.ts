/** The messages of ISO 15118-20 as its sessions handle them: by name, without the header, which the connection stamps. */
import type { Roots } from "../../../exi/schema.ts";
import type { iso20Ac } from "../../messages/iso20-ac.ts";
import type { iso20Common } from "../../messages/iso20-common-messages.ts";
import type { iso20Dc } from "../../messages/iso20-dc.ts";
import type { RowsOf } from "../session.ts";

type Bodies = Roots<typeof iso20Common> & Roots<typeof iso20Dc> & Roots<typeof iso20Ac>;

export type Body<K extends keyof Bodies> = Omit<Bodies[K], "Header">;

/** Rows of a protocol for these requests. */
export type Iso20Rows<Name extends string> = RowsOf<{ [K in keyof Bodies & string]: Body<K> }, Name>;

/**
 * The schema sets of V2G communication by the names that the command line and the vectors use.
 * A set is a schema with all that it imports; EXI numbers its elements together.
 * Who needs one set only imports it from its own file.
 */
import { sap } from "./app-protocol.ts";
import { din } from "./din.ts";
import { iso2 } from "./iso2.ts";
import { iso20Ac } from "./iso20-ac.ts";
import { iso20Acdp } from "./iso20-acdp.ts";
import { iso20Common } from "./iso20-common-messages.ts";
import { iso20Dc } from "./iso20-dc.ts";
import { iso20Wpt } from "./iso20-wpt.ts";
import { xmldsig } from "./xmldsig.ts";

export { din, iso2, iso20Ac, iso20Acdp, iso20Common, iso20Dc, iso20Wpt, sap, xmldsig };

/** All sets by name. */
export const schemaSets = {
  sap,
  din,
  iso2,
  "iso20-common": iso20Common,
  "iso20-ac": iso20Ac,
  "iso20-dc": iso20Dc,
  "iso20-acdp": iso20Acdp,
  "iso20-wpt": iso20Wpt,
  xmldsig,
} as const;

export type SchemaSetName = keyof typeof schemaSets;

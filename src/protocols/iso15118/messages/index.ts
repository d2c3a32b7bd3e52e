/**
 * The schema sets of V2G communication by the names that the command line and the vectors use.
 * A set is a schema with all that it imports; EXI numbers its elements together.
 */
import { schemaSet } from "../../exi/dsl.ts";
import { appProtocolElements } from "./app-protocol.ts";
import { din } from "./din.ts";
import { iso2 } from "./iso2.ts";
import { acElements } from "./iso20-ac.ts";
import { acdpElements } from "./iso20-acdp.ts";
import { commonMessageElements, TargetPosition } from "./iso20-common-messages.ts";
import { commonTypeElements, commonTypes } from "./iso20-common-types.ts";
import { dcElements } from "./iso20-dc.ts";
import { wptElements } from "./iso20-wpt.ts";
import { xmldsigElements } from "./xmldsig.ts";

export { din, iso2 };

export const sap = schemaSet("sap", appProtocolElements);
export const xmldsig = schemaSet("xmldsig", xmldsigElements);

const common = { ...commonTypeElements, ...xmldsigElements };
export const iso20Common = schemaSet("iso20-common", { ...commonMessageElements, ...common }, [
  ...commonTypes,
  TargetPosition,
]);
export const iso20Ac = schemaSet("iso20-ac", { ...acElements, ...common }, commonTypes);
export const iso20Dc = schemaSet("iso20-dc", { ...dcElements, ...common }, commonTypes);
export const iso20Acdp = schemaSet("iso20-acdp", { ...acdpElements, ...common }, commonTypes);
export const iso20Wpt = schemaSet("iso20-wpt", { ...wptElements, ...common }, commonTypes);

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

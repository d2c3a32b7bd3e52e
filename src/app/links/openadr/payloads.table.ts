/** What payloads of OpenADR 3.1 events are to a site, and their units. What is not here is reported as not supported, once for each type. */

export type PayloadUse =
  /** A limit at the grid connection, or of the chargers that the event targets; tightens only. */
  | { readonly is: "limit"; readonly side: "import" | "export" }
  /** Parts of a limit where none is given as one: subscription and reservation add up. */
  | { readonly is: "limitPart"; readonly side: "import" | "export" }
  /** Power of the chargers that are targeted, or of all together, positive from the grid. */
  | { readonly is: "power" }
  /** To draw less, or more, than without it: an offer that people answer. */
  | { readonly is: "change" }
  | { readonly is: "level" }
  | { readonly is: "target" }
  | { readonly is: "price"; readonly side: "import" | "export" };

export const payloadUses: Readonly<Record<string, PayloadUse>> = {
  IMPORT_CAPACITY_LIMIT: { is: "limit", side: "import" },
  EXPORT_CAPACITY_LIMIT: { is: "limit", side: "export" },
  IMPORT_CAPACITY_SUBSCRIPTION: { is: "limitPart", side: "import" },
  IMPORT_CAPACITY_RESERVATION: { is: "limitPart", side: "import" },
  EXPORT_CAPACITY_SUBSCRIPTION: { is: "limitPart", side: "export" },
  EXPORT_CAPACITY_RESERVATION: { is: "limitPart", side: "export" },
  DISPATCH_SETPOINT: { is: "power" },
  DISPATCH_SETPOINT_RELATIVE: { is: "change" },
  SIMPLE: { is: "level" },
  CHARGE_STATE_SETPOINT: { is: "target" },
  PRICE: { is: "price", side: "import" },
  EXPORT_PRICE: { is: "price", side: "export" },
};

/** Watts of a unit that a power may have. Power factors and phases are not ours to guess. */
export const wattsOf: Readonly<Record<string, number>> = { W: 1, KW: 1_000, MW: 1_000_000 };

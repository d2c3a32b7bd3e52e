/** What each kind of lease becomes at the port for requests, and which values it may have. */
import type { Lease, LeaseKind } from "../../../protocols/fleet/orders.ts";
import type { AskName } from "../asks.table.ts";

interface LeaseKindRow {
  readonly asks: readonly AskName[];
  /** Whether its value is a magnitude. */
  readonly isCap: boolean;
}

const rows: Readonly<Record<LeaseKind, LeaseKindRow>> = {
  power: { asks: ["powerW"], isCap: false },
  "cap-charge": { asks: ["chargeLimitW"], isCap: true },
  "cap-discharge": { asks: ["dischargeLimitW"], isCap: true },
  "cap-import": { asks: ["importLimitW"], isCap: true },
  "cap-export": { asks: ["exportLimitW"], isCap: true },
  stop: { asks: ["chargeLimitW", "dischargeLimitW"], isCap: true },
};

export const isCapLease = ({ kind }: Pick<Lease, "kind">): boolean => rows[kind].isCap;

/** What is asked for a lease: names and values. */
export const asksOf = ({ kind, valueW }: Pick<Lease, "kind" | "valueW">): readonly { readonly what: AskName; readonly value: number }[] =>
  rows[kind].asks.map((what) => ({ what, value: kind === "stop" ? 0 : valueW }));

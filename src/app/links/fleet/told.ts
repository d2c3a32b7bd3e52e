/** What of the site's own page the fleet is told: the page's words are the page's, so whoever serves it hands them in. */
import type { FleetRecord, SiteMessage } from "../../../protocols/fleet/payloads.ts";

/** What the page shows of the site now. */
export type ShownSite = Omit<
  SiteMessage,
  "schema" | "site" | "ready" | "audit" | "version" | "clockOffsetMs" | "waiting" | "leases"
>;

export type ShownOffer = NonNullable<ShownSite["offer"]>;

/** An event as the page lists it. */
export interface ShownEvent {
  readonly id: string;
  readonly atMs: number;
  readonly event: Extract<FleetRecord["body"], { kind: "event" }>["event"];
}

export interface ShownPage {
  readonly site: ShownSite;
  /** Newest first. */
  readonly events: readonly ShownEvent[];
}

/** Told at once when one of these changes. */
export const urgentOf = ({ mode, level, sentence, needs, offer }: ShownSite): string =>
  JSON.stringify([mode, level, sentence.replace(/[\d.,:]+/g, "#"), needs.map(({ key }) => key), offer === null]);

/** Which events are new since the last look; none of those that the page kept from before. */
export function createEventReader(): (events: readonly ShownEvent[]) => readonly ShownEvent[] {
  let seen: Set<string> | null = null;
  return (events) => {
    const before = seen;
    seen = new Set(events.map(({ id }) => id));
    return before === null ? [] : events.filter(({ id }) => !before.has(id)).reverse();
  };
}

/** A message as JSON; null where it is none. */
export function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch {
    return null;
  }
}

/** What is logged of the link to a fleet: each change once, with what to do and how it ends. */
import type { Log } from "../../log.ts";
import { type OrderReason, orderReasons } from "./order-refusals.table.ts";

/** The same refusal is said again after so long, ms: a flood of documents fills no log. */
const againMs = 15 * 60_000;

export interface FleetNotes {
  connected(): void;
  lost(why: string): void;
  /** Whether somebody behind the broker answers. */
  answered(is: boolean): void;
  /** The sentence, where it is worth being audited; "" where it was said lately. */
  refused(reason: OrderReason): string;
  unreadable(count: number): void;
  failed(why: string): void;
  /** The latest of a connection that is lost, or has not been made yet. */
  readonly sentence: string;
}

export function createFleetNotes(log: Log, url: string): FleetNotes {
  let said = "";
  let isAnswered: boolean | null = null;
  let failure = "";
  const refusedMs = new Map<OrderReason, number>();
  return {
    connected() {
      log("info", `Fleet's broker ${url}: connected.`);
      said = "connected";
    },
    lost(why) {
      const sentence = `Fleet's broker ${url} is not reached: ${why}. The site goes on by itself, leases run to their end, records are kept; it is tried again until it is there. Check address, credentials and certificates.`;
      if (said === sentence) return;
      log("warn", sentence);
      said = sentence;
    },
    answered(is) {
      if (is === isAnswered) return;
      isAnswered = is;
      if (is) log("info", "The fleet answers.");
      else
        log(
          "warn",
          "The fleet's broker is reached, and nobody behind it answers. Records are kept; look at its workers.",
        );
    },
    refused(reason) {
      const nowMs = performance.now();
      if (nowMs - (refusedMs.get(reason) ?? Number.NEGATIVE_INFINITY) < againMs) return "";
      refusedMs.set(reason, nowMs);
      const { sentence, todo } = orderReasons[reason];
      log("warn", `Orders of the fleet are not heeded. ${sentence} ${todo}`);
      return sentence;
    },
    unreadable(count) {
      if (count > 0) log("warn", `${count} records for the fleet can't be read and are not sent.`);
    },
    failed(why) {
      if (why === failure) return;
      failure = why;
      log("error", `The link to the fleet: ${why}.`);
    },
    get sentence() {
      return said === "" || said === "connected" ? `Fleet's broker ${url}: not connected yet.` : said;
    },
  };
}

/**
 * Carries out orders: of each document that is newer and truly the dispatcher's, each lease once, through the port for requests.
 * Each lease is an asker of its own, so that one never loosens another: of several caps the tightest holds. A lease that a newer
 * document no longer lists is withdrawn; none is in force after its end.
 */
import { minuteMs } from "../../../domain/units.ts";
import { oneLine } from "../../../domain/visible.ts";
import { type Lease, leaseMaxMs, leaseSchema, type Orders, readOrders } from "../../../protocols/fleet/orders.ts";
import { type LeaseState, leaseId } from "../../../protocols/fleet/payloads.ts";
import type { DispatcherKey } from "../../../protocols/fleet/signed.ts";
import type { Right } from "../asks.table.ts";
import type { Asker, LinkPort, Notice, Receipt } from "../link-port.ts";
import { isOver, type LeaseBook, type LeaseEntry } from "./lease-book.ts";
import { asksOf, isCapLease } from "./lease-kinds.table.ts";
import { type OrderReason, orderReasons } from "./order-refusals.table.ts";

/** Clocks that differ by more are not used for leases, ms. */
const clockMaxMs = 5_000;
/** Documents that are heeded in a minute, and leases that are new in one. */
const documentsPerMinute = 20;
const leasesPerMinute = 64;
/** A lease that ends sooner is not begun, ms. */
const worthMs = 1_000;

/** What has become of a lease, for its receipt. */
export interface LeaseNews {
  readonly leaseId: string;
  /** Of the document that it is of, or of the newest. */
  readonly version: number;
  readonly state: LeaseState;
  readonly reason: string;
  readonly sentence: string;
  readonly todo: string;
  readonly givenW: number;
}

export interface OrderDeskOptions {
  readonly site: string;
  readonly keys: readonly DispatcherKey[];
  readonly rights: readonly Right[];
  readonly links: Pick<LinkPort, "ask" | "release" | "standing" | "follow">;
  readonly book: LeaseBook;
  /** UTC, ms. */
  readonly nowMs: () => number;
  /** Fleet's clock less ours, ms; NaN before they have compared. */
  readonly clockOffsetMs: () => number;
  /** Until when a person at the site heeds no orders, ms UTC; 0 where nobody has said so. */
  readonly offUntilMs: () => number;
  readonly onNews: (news: LeaseNews) => void;
  /** A document that is not heeded. */
  readonly onRefusal: (reason: OrderReason) => void;
}

export interface OrderDesk {
  take(bytes: Uint8Array): void;
  /** To be called often: begins and ends leases. */
  look(): void;
  /** Those that are not over. */
  readonly leases: readonly LeaseEntry[];
  stop(): void;
}

export function openOrderDesk(options: OrderDeskOptions): OrderDesk {
  const { site, keys, links, book, nowMs } = options;
  let version = book.version;
  const documents = createPace(documentsPerMinute, nowMs);
  const begun = createPace(leasesPerMinute, nowMs);

  function become(entry: LeaseEntry, state: LeaseState, reason: OrderReason | "" = "", givenW = Number.NaN): void {
    tell(entry, state, reason === "" ? quiet : { reason, ...orderReasons[reason] }, givenW);
  }
  function tell({ lease }: LeaseEntry, state: LeaseState, why: Why, givenW = Number.NaN): void {
    book.set({ lease, state });
    news(lease.id, state, why, givenW);
  }
  function news(id: string, state: LeaseState, why: Why, givenW = Number.NaN): void {
    options.onNews({ leaseId: id, version, state, ...why, givenW });
  }

  function begin(entry: LeaseEntry): void {
    const { lease } = entry;
    const leftMs = lease.untilMs - nowMs();
    if (leftMs < worthMs) {
      become(entry, "expired", "expired");
      return;
    }
    const asker = askerOf(lease, options.rights);
    const receipts: Receipt[] = [];
    for (const { what, value } of asksOf(lease)) {
      const receipt = links.ask(asker, { what, evse: lease.evse, value, validS: leftMs / 1_000, reason: lease.cause });
      receipts.push(receipt);
      if (!receipt.accepted) break;
    }
    const refused = receipts.find(({ accepted }) => !accepted);
    if (refused !== undefined) {
      release(lease);
      tell(entry, "refused", whyOf(refused));
      return;
    }
    const waits = receipts.find(({ state }) => state === "waiting");
    tell(entry, waits ? "waiting" : "running", waits ? whyOf(waits) : quiet);
  }

  function release(lease: Lease): void {
    const asker = askerOf(lease, options.rights);
    const standing = links.standing().filter((one) => one.link === "fleet" && one.askerId === asker.id);
    for (const { what, evse } of standing) links.release(asker, what, evse);
  }

  function againstDocument({ version: of, issuedAtMs }: Orders): OrderReason | "" {
    if (of < book.version) return "older";
    const isSkewed = Math.abs(options.clockOffsetMs()) > clockMaxMs || issuedAtMs > nowMs() + clockMaxMs;
    return isSkewed ? "clock" : "";
  }

  /** A newer document: what it does not list any more is withdrawn, what is new in it is taken. */
  function heed(orders: Orders): void {
    version = orders.version;
    const listed = new Set(orders.leases.map((one) => (one as { readonly id?: unknown } | null)?.id));
    for (const entry of book.open())
      if (!listed.has(entry.lease.id)) {
        release(entry.lease);
        become(entry, "withdrawn", "withdrawn");
      }
    for (const value of orders.leases) takeLease(value);
    // Last, so that a cut on the way has it read again: what was taken by then is known by its id.
    book.setVersion(version);
  }

  /** One lease of a document. What can't be read is refused by its id, where it has one. */
  function takeLease(value: unknown): void {
    const parsed = leaseSchema.safeParse(value);
    if (!parsed.success) {
      const id = leaseId.safeParse((value as { readonly id?: unknown } | null)?.id);
      if (id.success && book.get(id.data) === undefined)
        news(id.data, "refused", { reason: "unreadable", ...orderReasons.unreadable });
      return;
    }
    const lease = parsed.data;
    const known = book.get(lease.id);
    if (known !== undefined) {
      if (JSON.stringify(known.lease) !== JSON.stringify(lease))
        news(lease.id, "refused", { reason: "changed", ...orderReasons.changed });
      return;
    }
    const entry: LeaseEntry = { lease, state: "accepted" };
    const against = againstNew(lease);
    if (against !== "") become(entry, against === "expired" ? "expired" : "refused", against);
    else if (lease.fromMs > nowMs()) become(entry, "accepted");
    else begin(entry);
  }

  /** Why a lease that is new is not heeded; "" where nothing is against it. */
  function againstNew({ fromMs, untilMs }: Lease): OrderReason | "" {
    if (isOff()) return "owner";
    const leftMs = untilMs - nowMs();
    if (leftMs < worthMs) return "expired";
    if (untilMs <= fromMs || untilMs - fromMs > leaseMaxMs || leftMs > 2 * leaseMaxMs) return "too-long";
    return begun() ? "" : "flood";
  }

  /** Leases that stood when the controller ended: requests are over, caps are the port's and stand. */
  function takeUp(): void {
    for (const entry of book.open())
      if (entry.state !== "accepted" && !isCapLease(entry.lease)) become(entry, "ended", "restart");
  }

  const isOff = (): boolean => nowMs() < options.offUntilMs();
  /** Whatever stands ends; what has not begun is refused. */
  function endAll(): void {
    for (const entry of book.open()) {
      release(entry.lease);
      become(entry, entry.state === "accepted" ? "refused" : "ended", "owner");
    }
  }

  function hearNotice({ askerId, event, givenW, reason, sentence, todo }: Notice): void {
    const entry = book.get(askerId.slice(askerPrefix.length));
    if (entry === undefined || isOver(entry.state) || event === "lapsed") return;
    tell(entry, event === "waiting" ? "waiting" : "running", { reason, sentence, todo }, givenW);
  }

  const stopFollowing = links.follow("fleet", hearNotice);
  takeUp();
  return {
    take(bytes) {
      const read = documents() ? readOrders(bytes, site, keys) : "flood";
      const against = typeof read === "string" ? read : againstDocument(read);
      if (against !== "") options.onRefusal(against);
      else if (typeof read !== "string" && read.version > book.version) heed(read);
    },
    look() {
      const now = nowMs();
      if (isOff()) endAll();
      const standing = new Set(links.standing().flatMap(({ link, askerId }) => (link === "fleet" ? [askerId] : [])));
      for (const entry of book.open()) {
        const { lease, state } = entry;
        if (state === "accepted") {
          if (now >= lease.fromMs) begin(entry);
        } else if (now >= lease.untilMs) {
          release(lease);
          become(entry, "done", "over");
        } else if (!standing.has(askerPrefix + lease.id)) become(entry, "ended", "taken-back");
      }
      book.tidy(now);
    },
    get leases() {
      return book.open();
    },
    stop: stopFollowing,
  };
}

type Why = Pick<LeaseNews, "reason" | "sentence" | "todo">;
const quiet: Why = { reason: "", sentence: "", todo: "" };
const whyOf = ({ reason, sentence, todo }: Receipt): Why => ({ reason, sentence, todo });

const askerPrefix = "lease-";
const askerOf = ({ id, issuedBy }: Lease, rights: readonly Right[]): Asker => ({
  link: "fleet",
  id: askerPrefix + id,
  name: oneLine(`Fleet, ${issuedBy}`).slice(0, 80),
  rights,
  isPerson: false,
});

/** Whether one more is within the pace of the last minute; counts it. */
function createPace(perMinute: number, nowMs: () => number): () => boolean {
  let fromMs = Number.NEGATIVE_INFINITY;
  let count = 0;
  return () => {
    const sinceMs = nowMs() - fromMs;
    if (!(sinceMs >= 0 && sinceMs < minuteMs)) {
      fromMs = nowMs();
      count = 0;
    }
    return ++count <= perMinute;
  };
}

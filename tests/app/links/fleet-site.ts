/** A site that carries out a fleet's orders, on clocks that a test turns: a port for requests, a store, a dispatcher's key. */
import { generateKeyPairSync } from "node:crypto";
import { openLeaseBook } from "../../../src/app/links/fleet/lease-book.ts";
import { type LeaseNews, openOrderDesk } from "../../../src/app/links/fleet/order-desk.ts";
import { openStore, type Store } from "../../../src/app/store/store.ts";
import { type Lease, signOrders } from "../../../src/protocols/fleet/orders.ts";
import { dispatcherKey } from "../../../src/protocols/fleet/signed.ts";
import { linkSite } from "./site.ts";

/** An Ed25519 pair in PEM. */
export const keyPair = () =>
  generateKeyPairSync("ed25519", {
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
export const dispatcher = keyPair();

export function fleetSite(store: Store = openStore({ path: ":memory:" })) {
  const site = linkSite(2, store);
  const news: LeaseNews[] = [];
  const refusals: string[] = [];
  const fleetClock = { offsetMs: 0 };
  const owner = { offUntilMs: 0 };
  const desk = openOrderDesk({
    site: "depot-1",
    keys: [dispatcherKey(dispatcher.publicKey)],
    rights: ["power", "limits"],
    links: site.links,
    book: openLeaseBook(store),
    nowMs: () => site.clock.utcMs,
    clockOffsetMs: () => fleetClock.offsetMs,
    offUntilMs: () => owner.offUntilMs,
    onNews: (one) => void news.push(one),
    onRefusal: (reason) => void refusals.push(reason),
  });
  const lease = (change: Partial<Lease> = {}): Lease => ({
    ...{ id: "L1", kind: "power", evse: 1, valueW: -5_000, cause: "evening peak", issuedBy: "dispatcher" },
    fromMs: site.clock.utcMs - 1_000,
    untilMs: site.clock.utcMs + 900_000,
    ...change,
  });
  const orders = (version: number, leases: readonly unknown[], change: object = {}, key = dispatcher.privateKey) =>
    Buffer.from(
      JSON.stringify(
        signOrders({ site: "depot-1", version, issuedAtMs: site.clock.utcMs, leases: [...leases], ...change }, key),
      ),
    );
  return {
    ...{ site, store, desk, news, refusals, fleetClock, owner, lease, orders },
    /** The clocks go on. */
    pass(ms: number) {
      site.pass(ms);
      desk.look();
    },
    /** What the control thread is given. */
    inputs: () => ({
      requestedW: site.evses.map(({ requestedW, requestSource }) => (requestSource === "none" ? null : requestedW)),
      caps: site.evses.map(({ linkMinW, linkMaxW }) => [linkMinW, linkMaxW]),
      whole: [site.site.linkMinW, site.site.linkMaxW, site.site.linkImportLimitW, site.site.linkExportLimitW],
    }),
  };
}

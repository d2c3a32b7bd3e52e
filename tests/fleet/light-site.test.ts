/** A light site that is killed: what waits is told under its old name, what is new under another, and requests are over. */
import { expect, test } from "vitest";
import { createLightSite } from "../../fleet/demo/light-site.ts";
import { type Lease, signOrders } from "../../src/protocols/fleet/orders.ts";
import { dispatcherKey } from "../../src/protocols/fleet/signed.ts";
import { keyPair } from "../app/links/fleet-site.ts";

const startMs = Date.UTC(2027, 0, 31, 12);
const keys = keyPair();
const lease = (id: string, kind: Lease["kind"]): Lease => ({
  ...{ id, kind, evse: 0, valueW: 2_000, cause: "c", issuedBy: "d" },
  ...{ fromMs: startMs, untilMs: startMs + 60_000 },
});

test("no number is used twice, requests end and limits stand", () => {
  const site = createLightSite({
    ...{ site: "light-1", name: "Light", index: 1, startMs, sinceMs: startMs },
    keys: [dispatcherKey(keys.publicKey)],
  });
  const leases = [lease("P", "power"), lease("C", "cap-charge")];
  const orders = signOrders({ site: "light-1", version: 1, issuedAtMs: startMs, leases }, keys.privateKey);
  site.order(Buffer.from(JSON.stringify(orders)), startMs);
  site.step(startMs + 1_000);
  const before = site.due(startMs + 1_000);
  site.restart(startMs + 2_000);
  const after = site.due(startMs + 2_000);
  // All that waited comes again, and more: the request's last word.
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after.length).toBeGreaterThan(before.length);
  expect(new Set(after.map(({ epoch, sequence }) => `${epoch}/${sequence}`)).size).toBe(after.length);
  expect(after.at(-1)!.epoch > before[0]!.epoch).toBe(true);
  expect([...site.leases.values()].map(({ state }) => state)).toEqual(["ended", "running"]);
  for (const { epoch, sequence } of after) site.stored(epoch, [sequence]);
  expect(site.waiting).toBe(0);
  expect(site.made).toBe(after.length);
});

/** The contract between sites and their fleet: names at the broker, messages as schemas, orders that only their signer can make. */
import { generateKeyPairSync } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { headText } from "../../../src/protocols/fleet/heads.ts";
import { leaseKinds, type Orders, readOrders, signOrders } from "../../../src/protocols/fleet/orders.ts";
import { receiptSchema, recordSchema, stateSchema } from "../../../src/protocols/fleet/payloads.ts";
import { schemaFiles } from "../../../src/protocols/fleet/schemas.ts";
import { dispatcherKey } from "../../../src/protocols/fleet/signed.ts";
import {
  everySite,
  messageBytesMax,
  permissionsOf,
  siteOf,
  streams,
  subjectOf,
} from "../../../src/protocols/fleet/subjects.ts";

const pair = () =>
  generateKeyPairSync("ed25519", {
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
const own = pair();
const foreign = pair();
const keys = [dispatcherKey(own.publicKey)];
const lease = {
  id: "L1",
  kind: "cap-import",
  evse: 0,
  valueW: 4_000,
  fromMs: 1,
  untilMs: 2,
  cause: "c",
  issuedBy: "d",
};
const orders = (change: object = {}): Orders => ({
  site: "depot-1",
  version: 3,
  issuedAtMs: 1,
  leases: [lease],
  ...change,
});
const bytes = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));

describe("orders", () => {
  const signed = signOrders(orders(), own.privateKey);
  const rows: [string, unknown, unknown][] = [
    ["signed by the dispatcher → read", signed, orders()],
    [
      "members that a newer dispatcher adds → still signed, read",
      signOrders({ ...orders(), more: 1 } as Orders, own.privateKey),
      orders(),
    ],
    ["signed by somebody else → foreign", signOrders(orders(), foreign.privateKey), "foreign-key"],
    [
      "somebody else's under the dispatcher's name → forged",
      {
        ...signOrders(orders(), foreign.privateKey),
        signature: { ...signOrders(orders(), foreign.privateKey).signature, key: signed.signature.key },
      },
      "forged",
    ],
    ["altered after signing → forged", { ...signed, orders: orders({ leases: [{ ...lease, valueW: 1 }] }) }, "forged"],
    ["a member added after signing → forged", { ...signed, orders: { ...orders(), more: 1 } }, "forged"],
    ["a signature of no length → forged", { ...signed, signature: { ...signed.signature, value: "" } }, "forged"],
    ["another site's → other-site", signOrders(orders({ site: "depot-2" }), own.privateKey), "other-site"],
    [
      "17 leases → malformed",
      signOrders(orders({ leases: Array.from({ length: 17 }, () => lease) }), own.privateKey),
      "malformed",
    ],
    ["a newer format → told apart", { ...signed, format: "islet-fleet-orders-2" }, "newer-format"],
    ["no JSON → malformed", "{", "malformed"],
    ["null → malformed", "null", "malformed"],
    ["too large → not even parsed", `"${"x".repeat(messageBytesMax)}"`, "too-large"],
  ];
  test.each(rows)("%s", (_, sent, found) => {
    expect(readOrders(bytes(sent), "depot-1", keys)).toEqual(found);
  });

  test("a key of another kind can't sign orders", () => {
    const { publicKey } = generateKeyPairSync("ec", {
      namedCurve: "P-256",
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    expect(() => dispatcherKey(publicKey)).toThrow("not Ed25519");
  });
});

describe("names", () => {
  test("a site may write neither its own orders nor what is stored, and nothing of another", () => {
    const { publish, subscribe } = permissionsOf("depot-1");
    expect(publish).not.toContain(subjectOf("depot-1", "order"));
    expect(publish).not.toContain(subjectOf("depot-1", "stored"));
    expect([...publish, ...subscribe].filter((subject) => /(^|\.)[*>]/.test(subject))).toEqual(["_IN.depot-1.>"]);
    expect([...publish, ...subscribe].every((subject) => subject.includes("depot-1"))).toBe(true);
  });

  test.each([
    ["islet.v1.depot-1.state", "depot-1"],
    ["islet.v1.depot-1.other", null],
    ["islet.v2.depot-1.state", null],
    ["islet.v1.Depot.state", null],
    ["islet.v1.depot-1.state.x", null],
    [everySite("state"), null],
  ])("%s is of %s", (subject, site) => {
    expect(siteOf(subject)).toBe(site);
  });
});

test("what must be there when its reader comes is kept by a stream, and each kind of lease is described", () => {
  expect(streams.flatMap(({ subjects }) => subjects).sort()).toEqual(
    (["order", "record", "release", "state"] as const).map(everySite),
  );
  const described = readFileSync(join(import.meta.dirname, "../../../docs/fleet.md"), "utf8");
  expect(leaseKinds.filter((kind) => !described.includes(`\`${kind}\``))).toEqual([]);
});

describe("messages", () => {
  test("the JSON Schemas are those of the code (node scripts/fleet-schemas.ts)", () => {
    const folder = join(import.meta.dirname, "../../../docs/fleet/schemas");
    expect(readdirSync(folder).sort()).toEqual(
      schemaFiles()
        .map(({ name }) => name)
        .sort(),
    );
    for (const { name, text } of schemaFiles()) expect(readFileSync(join(folder, name), "utf8")).toBe(text);
  });

  test("a newer site is understood as far as it can be, and what contradicts the form is refused", () => {
    const head = { records: 3, hash: "a".repeat(64) };
    const receipt = {
      schema: "islet-fleet-receipt-1",
      leaseId: "L1",
      version: 1,
      state: "running",
      reason: "",
      sentence: "",
      todo: "",
      givenW: null,
      audit: head,
    };
    expect(receiptSchema.safeParse({ ...receipt, more: true }).success).toBe(true);
    expect(receiptSchema.safeParse({ ...receipt, state: "perhaps" }).success).toBe(false);
    const record = {
      schema: "islet-fleet-record-1",
      site: "depot-1",
      epoch: "abcd",
      sequence: 1,
      atMs: 1,
      body: { kind: "receipt", receipt },
    };
    expect(recordSchema.safeParse(record).success).toBe(true);
    expect(recordSchema.safeParse({ ...record, sequence: 0 }).success).toBe(false);
    expect(stateSchema.safeParse({ schema: "islet-fleet-state-2" }).success).toBe(false);
    expect(headText("depot-1", head)).not.toBe(headText("depot-2", head));
  });
});

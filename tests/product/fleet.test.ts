/**
 * A site of a fleet through `islet run`, at a broker on a real socket: what it tells is what its page says, records come again until
 * they are stored, orders count by their signature and by what the site grants, and nothing of it rests on the broker.
 */
import type { NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SiteState } from "../../src/dashboard/state.ts";
import { shownPage } from "../../src/dashboard/view/for-fleet.ts";
import { type Lease, signOrders } from "../../src/protocols/fleet/orders.ts";
import { type FleetRecord, recordSchema, type SiteMessage, stateSchema } from "../../src/protocols/fleet/payloads.ts";
import { releaseSigner } from "../../src/protocols/fleet/releases.ts";
import { subjectOf } from "../../src/protocols/fleet/subjects.ts";
import { keyPair } from "../app/links/fleet-site.ts";
import { brokerName, type Nats, startNats } from "../lib/nats.ts";
import { type Product, startProduct } from "./site/product.ts";
import { soon } from "./site/sites.ts";

const site = "product-1";
const dispatcher = keyPair();
let product: Product;
let broker: Nats;
let fleet: NatsConnection;
const states: SiteMessage[] = [];
const records: FleetRecord[] = [];
const timesOf = ({ epoch, sequence }: FleetRecord): number =>
  records.filter((one) => one.epoch === epoch && one.sequence === sequence).length;
/** The first record, and how often it had come when the fleet had it. */
let stored: { readonly record: FleetRecord; readonly times: number };
/** Whether the fleet says that it has stored what it hears. */
let stores = false;
let version = 0;
const begunMs = Date.now() - 1_000;

async function listen(): Promise<void> {
  fleet = await broker.connect();
  fleet.subscribe(subjectOf(site, "state"), {
    callback: (_, message) => void states.push(stateSchema.parse(message.json())),
  });
  fleet.subscribe(subjectOf(site, "hello"), {
    callback: (_, message) =>
      void message.respond(JSON.stringify({ schema: "islet-fleet-hello-answer-1", atMs: Date.now() })),
  });
  fleet.subscribe(subjectOf(site, "record"), {
    callback(_, message) {
      const record = recordSchema.parse(message.json());
      records.push(record);
      const { epoch, sequence } = record;
      if (stores)
        fleet.publish(
          subjectOf(site, "stored"),
          JSON.stringify({ schema: "islet-fleet-stored-1", epoch, sequences: [sequence] }),
        );
    },
  });
  await fleet.flush();
}

function order(leases: readonly Partial<Lease>[], key = dispatcher.privateKey): void {
  const whole = leases.map((one) => ({
    evse: 1,
    fromMs: begunMs,
    untilMs: begunMs + 3_600_000,
    cause: "test",
    issuedBy: "dispatcher",
    ...one,
  }));
  fleet.publish(
    subjectOf(site, "order"),
    JSON.stringify(signOrders({ site, version: ++version, issuedAtMs: Date.now(), leases: whole }, key)),
  );
}
const receiptsOf = (id: string) =>
  records.flatMap(({ body }) => (body.kind === "receipt" && body.receipt.leaseId === id ? [body.receipt] : []));
const powerW = (): number => product.plant.stages[0]!.powerW;
const charges = () => soon(product, "it charges by its own plan", () => powerW() > 4_500);
const gives = (wantedW: number) => soon(product, `${wantedW} W`, () => Math.abs(powerW() - wantedW) < 400);

describe(`a site of a fleet, at ${brokerName}`, () => {
  beforeAll(async () => {
    broker = await startNats();
    await listen();
    product = await startProduct({
      plant: { stages: [{ maxChargeW: 20_000, maxDischargeW: 20_000 }] },
      permit: { mode: "parallel-export", exportLimitW: 4_000 },
      files: { "dispatcher.pub.pem": dispatcher.publicKey },
      config: {
        links: {
          fleet: {
            url: `nats://127.0.0.1:${broker.port}`,
            site,
            dispatcherKeys: ["dispatcher.pub.pem"],
            rights: ["limits"],
          },
        },
      },
    });
  });
  afterAll(async () => {
    await product?.stop();
    await fleet?.close();
    await broker?.kill();
  });

  it("tells what its page says, in the same words", async () => {
    expect(await product.reached("parallel")).toBe(true);
    await charges();
    await soon(product, "a state in parallel", () => states.at(-1)?.mode === "parallel");
    expect(states.at(-1)).toMatchObject({ site, evses: 1, connected: 1, permit: { covered: true } });
    // A state comes each minute, or when the sentence changes.
    await soon(product, "an offer", () => states.some(({ offer }) => offer !== null && offer.chargeW > 0), 90_000);
    const wordsOf = (text: string) => text.replace(/[\d.,]+/g, "#");
    await soon(product, "the page's own sentence", async () => {
      const page = shownPage((await product.state()) as unknown as SiteState).site.sentence;
      return wordsOf(states.at(-1)!.sentence) === wordsOf(page);
    });
  });

  it("sends records again until they are stored, and none after that", async () => {
    await soon(product, "a head came twice", () => records.some((one) => one.body.kind === "head" && timesOf(one) > 1));
    stores = true;
    const first = records[0]!;
    const before = timesOf(first);
    await soon(product, "the first comes again, and is stored", () => timesOf(first) > before, 90_000);
    stored = { record: first, times: timesOf(first) };
  });

  it("links.fleet.dispatcherKeys[]: who has signed decides", async () => {
    order([{ id: "foreign", kind: "cap-charge", valueW: 1_000 }], keyPair().privateKey);
    await soon(
      product,
      "it is logged",
      () => product.said(/signed by a key that is not the dispatcher's/) !== undefined,
    );
    order([{ id: "own", kind: "cap-charge", valueW: 3_000 }]);
    await gives(3_000);
    await soon(product, "a receipt", () => receiptsOf("own").at(-1)?.state === "running");
    expect(receiptsOf("foreign")).toEqual([]);
  });

  it("links.fleet.rights[]: what the fleet may not ask is refused, with the reason", async () => {
    order([
      { id: "own", kind: "cap-charge", valueW: 3_000 },
      { id: "asked", kind: "power", valueW: -2_000 },
    ]);
    await soon(product, "a refusal", () => receiptsOf("asked").at(-1)?.reason === "not-allowed");
    order([{ id: "cap", kind: "cap-charge", valueW: 2_000 }]);
    await gives(2_000);
  });

  it("a person's day without the fleet: what stands ends, it is told so, nothing is offered, and the plan goes on", async () => {
    const page = await product.page();
    expect(await page.act("fleetOff")).toMatchObject({ ok: true });
    await soon(product, "the lease has ended", () => receiptsOf("cap").at(-1)?.reason === "owner");
    await charges();
    order([{ id: "refused", kind: "cap-charge", valueW: 1_000 }]);
    await soon(product, "a refusal", () => receiptsOf("refused").at(-1)?.reason === "owner");
    expect(await page.act("fleetOn")).toMatchObject({ ok: true });
    order([{ id: "again", kind: "cap-charge", valueW: 2_000 }]);
    await gives(2_000);
  });

  it("links.fleet.rights[]: a version that the fleet may not install is refused, with the reason", async () => {
    const build = { islet: "9.1.0", from: "http://127.0.0.1:1/islet.update", sha256: "a".repeat(64) };
    const signed = releaseSigner(dispatcher.privateKey)({
      ...{ site, version: 1, issuedAtMs: Date.now(), id: "release", action: "install", build },
      ...{ cause: "new", issuedBy: "anna" },
    });
    fleet.publish(subjectOf(site, "release"), JSON.stringify(signed));
    const news = () => records.flatMap(({ body }) => (body.kind === "release" ? [body.release] : []));
    await soon(product, "a refusal", () => news().length > 0);
    expect(news()[0]).toMatchObject({ releaseId: "release", state: "refused" });
    expect(news()[0]!.sentence).toMatch(/has not given the fleet the right .*\(links\.fleet\.rights: updates\)/);
  });

  it("a broker that is gone with all it kept, and a controller that is killed: the limit holds to its end", async () => {
    order([{ id: "held", kind: "cap-charge", valueW: 2_000 }]);
    await soon(product, "a receipt", () => receiptsOf("held").at(-1)?.state === "running");
    await gives(2_000);
    await fleet.close();
    await broker.kill();
    await product.kill();
    const fromMs = performance.now();
    product.start();
    await gives(2_000);
    expect(Math.max(...product.setpointsW(0, fromMs).map(({ value }) => value))).toBeLessThan(2_401);
    await broker.start();
    await listen();
    states.length = 0;
    await soon(product, "it is there again", () => states.at(-1)?.leases.some(({ id }) => id === "held") === true);
    await gives(2_000);
    order([]);
    await soon(product, "withdrawn", () => receiptsOf("held").at(-1)?.state === "withdrawn");
    await charges();
    // Neither its pauses nor a restart has brought it back.
    expect(timesOf(stored.record)).toBe(stored.times);
  });
});

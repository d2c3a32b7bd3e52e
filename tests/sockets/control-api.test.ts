/** An outside tester drives a complete station through the control API: supply, link, cards, all over real sockets. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { stringify } from "yaml";
import { depot } from "../../bench/lib/socket-site.ts";
import { startCsms } from "../../sim/peers/csms.ts";
import { startSimulator } from "../../sim/run/process.ts";
import { parseSimOptions } from "../../sim/run/sim-options.ts";
import { ownController } from "../../src/cli/demo/sim-controller.ts";
import { until } from "./site.ts";

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

test("supply, cards, backend link, kill and restart", async () => {
  const folder = mkdtempSync(join(tmpdir(), "control-api-"));
  closing.push(() => rmSync(folder, { recursive: true }));
  const site = { ...depot(2, 20, 17_400, 40), authorization: "required" as const, stateDir: join(folder, "untouched") };
  const configFile = join(folder, "site.yaml");
  writeFileSync(configFile, stringify({ ...site, dashboard: { port: 0 } }));
  const csms = await startCsms();
  closing.push(() => csms.close());
  const failures: string[] = [];
  const owned = ownController({
    configFile,
    demo: true,
    onMessage: () => undefined,
    onLine: () => undefined,
    onFailure: (sentence) => void failures.push(sentence),
  });
  closing.push(() => owned.stop());
  const sim = parseSimOptions({ building: { data: "none" }, stageEnterServiceS: 0 });
  if (!sim.ok) throw new Error(sim.error.join());
  const simulator = await startSimulator({ site, sim: sim.value, controlPort: 0, hooks: owned.hooks });
  closing.push(() => simulator.close());
  const post = async (path: string, body: object): Promise<number> => {
    const answer = await fetch(`${simulator.controlUrl}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return answer.status;
  };
  const received = (action: string) => csms.core.received.filter((message) => message.action === action);
  const events = () => [...csms.core.ledger.transactions.values()].flatMap((entry) => entry.events);

  expect(await post("/swipe", { idToken: "CARD1", evses: [1] })).toBe(409);
  expect(
    await post("/power", {
      on: true,
      fresh: true,
      ocppVersion: "ocpp2.0.1",
      identity: "OUTSIDE-1",
      networkProfiles: [{ configurationSlot: 1, connectionData: { ocppCsmsUrl: csms.url, securityProfile: 1 } }],
      config: [
        { component: "TxCtrlr", variable: "TxStartPoint", value: "Authorized" },
        { component: "OCPPCommCtrlr", variable: "RetryBackOffWaitMinimum", value: "1" },
        { component: "OCPPCommCtrlr", variable: "RetryBackOffRandomRange", value: "0" },
      ],
    }),
  ).toBe(200);
  await until("the boot", () => received("StatusNotification").length >= 2);
  expect(received("BootNotification")).toHaveLength(1);
  expect(csms.connected()).toEqual(["OUTSIDE-1"]);
  const asked = await csms.call("OUTSIDE-1", "GetVariables", {
    getVariableData: [{ component: { name: "TxCtrlr" }, variable: { name: "TxStartPoint" } }],
  });
  expect(asked.getVariableResult[0]?.attributeValue).toBe("Authorized");

  expect(await post("/plug", { evse: 1, ev: { socPct: 40 } })).toBe(200);
  expect(await post("/swipe", { idToken: "CARD1", evses: [1] })).toBe(200);
  await until("a transaction", () => events().some((event) => event.eventType === "Started"));
  expect(events()[0]?.idToken?.idToken).toBe("CARD1");

  expect(await post("/network", { up: false })).toBe(200);
  await until("the cut", () => csms.connected().length === 0);
  expect(await post("/network", { up: true })).toBe(200);
  await until("the link", () => csms.connected().length === 1);

  expect(await post("/kill", {})).toBe(200);
  await until("the end", () => csms.connected().length === 0);
  expect(await post("/power", { on: true })).toBe(200);
  await until("the second boot", () => received("BootNotification").length === 2);
  expect(await post("/unplug", { evse: 1 })).toBe(200);
  await until("the transaction's end", () => csms.core.ledger.report().ended === 1);
  expect(csms.core.ledger.report()).toMatchObject({ transactions: 1, gaps: 0, conflicting: 0, malformed: 0 });
  expect(failures).toEqual([]);

  // What cannot be done is refused before anything is cut.
  expect(await post("/power", { on: true, ocppVersion: "ocpp1.6" })).toBe(400);
  expect(csms.connected()).toEqual(["OUTSIDE-1"]);
});

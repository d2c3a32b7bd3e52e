/**
 * A grid operator's control box for tests: an EEBUS node that trusts a site, binds to its limits, writes them and sends heartbeats.
 * It speaks SHIP as the product does, and SPINE in messages of its own.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keepIdentity, skiOf } from "../../src/app/links/eebus/identity.ts";
import { at, type Json, type JsonObject, listOf, numberOf, textOf } from "../../src/protocols/eebus/ship-json.ts";
import { type ShipPeer, startShipNode } from "../../src/protocols/eebus/ship-node.ts";

const site = (feature: number): JsonObject => ({ entity: [1], feature });
const own = (feature: number): JsonObject => ({ device: "d:_n:Test_Guard", entity: [1], feature });
const node = { entity: [0], feature: 0 };

/** Features of the guard's one entity. */
const mine = { loadControl: 1, configuration: 2, diagnosis: 3 } as const;
const types = { 1: "LoadControl", 2: "DeviceConfiguration", 3: "DeviceDiagnosis" } as const;

export interface Guard {
  readonly ski: string;
  readonly port: number;
  readonly isConnected: boolean;
  /** What a read function holds, as the site has answered or told last. */
  readonly told: ReadonlyMap<string, Json>;
  /** Writes a limit; the site's error number and sentence, 0 where it took it. */
  limit(limitId: number, valueW: number, isActive: boolean, endTime?: string): Promise<readonly [number, string]>;
  key(keyId: number, value: JsonObject): Promise<readonly [number, string]>;
  bind(): Promise<number>;
  /** Trusts the site, and connects to it until it is connected. */
  pair(siteSki: string, address: string): void;
  /** Sends one heartbeat. */
  beat(): void;
  /** Sends any message of SPINE's, for what a guard should not. */
  say(classifier: string, feature: number, cmd: JsonObject): Promise<readonly [number, string]>;
  stop(): Promise<void>;
}

/** Binds to the limits as soon as it knows the site, unless it is told not to. */
export function startGuard(bindsByItself = true): Guard {
  const keys = keepIdentity(mkdtempSync(join(tmpdir(), "islet-guard-")));
  const told = new Map<string, Json>();
  const waiting = new Map<number, (answer: readonly [number, string]) => void>();
  let trusts = "";
  let calls: ReturnType<typeof setInterval> | undefined;
  let peer: ShipPeer | null = null;
  let device: string | undefined;
  let counter = 0;
  let beats = 0;
  let subscriber: JsonObject | null = null;

  function send(classifier: string, from: JsonObject, to: JsonObject, cmd: JsonObject, reference?: number): number {
    const header = {
      specificationVersion: "1.3.0",
      addressSource: from,
      addressDestination: { device, ...to },
      msgCounter: ++counter,
      msgCounterReference: reference,
      cmdClassifier: classifier,
      ...(classifier === "call" || classifier === "write" ? { ackRequest: true } : {}),
    };
    peer?.send({ header, payload: { cmd: [cmd] } });
    return counter;
  }
  const answerTo = (number: number): Promise<readonly [number, string]> =>
    new Promise((resolve) => waiting.set(number, resolve));
  const heartbeat = (): JsonObject => ({
    deviceDiagnosisHeartbeatData: { heartbeatCounter: ++beats, heartbeatTimeout: "PT60S" },
  });
  const link = (call: "Binding" | "Subscription", feature: 1 | 2 | 3): number => {
    const asked = {
      clientAddress: own(feature),
      serverAddress: { device, ...site(feature) },
      serverFeatureType: types[feature],
    };
    return send("call", { entity: [0], feature: 0 }, node, {
      [`nodeManagement${call}RequestCall`]: { [`${call.toLowerCase()}Request`]: asked },
    });
  };
  async function bind(): Promise<number> {
    for (const feature of [1, 2, 3] as const) link("Subscription", feature);
    const answers = await Promise.all(([1, 2] as const).map((feature) => answerTo(link("Binding", feature))));
    return Math.max(...answers.map(([number]) => number));
  }

  const discovery = {
    nodeManagementDetailedDiscoveryData: {
      deviceInformation: { description: { deviceAddress: { device: "d:_n:Test_Guard" } } },
      entityInformation: [{ description: { entityAddress: { entity: [1] }, entityType: "GridGuard" } }],
      featureInformation: [
        {
          description: {
            featureAddress: own(mine.diagnosis),
            featureType: "DeviceDiagnosis",
            role: "server",
            supportedFunction: [{ function: "deviceDiagnosisHeartbeatData", possibleOperations: { read: {} } }],
          },
        },
      ],
    },
  };

  function take(datagram: Json): void {
    const classifier = textOf(at(datagram, "header", "cmdClassifier"));
    const number = numberOf(at(datagram, "header", "msgCounter"));
    const reference = numberOf(at(datagram, "header", "msgCounterReference"));
    const cmd = listOf(at(datagram, "payload", "cmd"))[0] as JsonObject;
    if (classifier === "result") {
      const result = at(cmd, "resultData");
      waiting.get(reference ?? 0)?.([
        numberOf(at(result, "errorNumber")) ?? -1,
        textOf(at(result, "description")) ?? "",
      ]);
      return;
    }
    const [name = ""] = Object.keys(cmd);
    if (classifier === "reply" || classifier === "notify") {
      told.set(name, cmd[name] ?? null);
      waiting.get(reference ?? 0)?.([0, ""]);
      if (name !== "nodeManagementDetailedDiscoveryData") return;
      device = textOf(at(cmd, name, "deviceInformation", "description", "deviceAddress", "device"));
      if (bindsByItself) void bind();
      return;
    }
    if (classifier === "read" && name === "nodeManagementDetailedDiscoveryData")
      send("reply", node, node, discovery, number);
    if (classifier === "read" && name === "deviceDiagnosisHeartbeatData")
      send("reply", own(mine.diagnosis), at(datagram, "header", "addressSource") as JsonObject, heartbeat(), number);
    const asked = at(cmd, "nodeManagementSubscriptionRequestCall", "subscriptionRequest", "clientAddress");
    if (asked !== undefined && numberOf(at(asked, "feature")) !== 0) subscriber = asked as JsonObject;
  }

  const ship = startShipNode({
    ...{ keys, shipId: "Test-Guard", skiOf, host: "127.0.0.1", port: 0 },
    isTrusted: (ski) => ski === trusts,
    onPeer(made) {
      peer = made;
      send("read", { entity: [0], feature: 0 }, node, { nodeManagementDetailedDiscoveryData: {} });
      return {
        take,
        lost() {
          if (peer === made) peer = null;
        },
      };
    },
    onStranger: () => undefined,
    onEnd: () => undefined,
    onFault(why) {
      throw new Error(why);
    },
  });
  return {
    ski: keys.ski,
    get port() {
      return ship.port;
    },
    get isConnected() {
      return peer !== null && device !== undefined;
    },
    told,
    limit(limitId, valueW, isLimitActive, endTime) {
      const limit = {
        limitId,
        isLimitActive,
        ...(endTime !== undefined && { timePeriod: { endTime } }),
        value: { number: valueW, scale: 0 },
      };
      const cmd = {
        function: "loadControlLimitListData",
        filter: [{ cmdControl: { partial: {} } }],
        loadControlLimitListData: { loadControlLimitData: [limit] },
      };
      return answerTo(send("write", own(mine.loadControl), site(1), cmd));
    },
    key: (keyId, value) =>
      answerTo(
        send("write", own(mine.configuration), site(2), {
          deviceConfigurationKeyValueListData: { deviceConfigurationKeyValueData: [{ keyId, value }] },
        }),
      ),
    bind,
    pair(siteSki, address) {
      trusts = siteSki;
      calls = setInterval(() => peer === null && ship.connect(siteSki, address), 200);
    },
    beat() {
      if (subscriber !== null) send("notify", own(mine.diagnosis), subscriber, heartbeat());
    },
    say: (classifier, feature, cmd) => answerTo(send(classifier, own(feature), site(feature), cmd)),
    async stop() {
      clearInterval(calls);
      await ship.stop();
    },
  };
}

/** Finds out what a SPINE peer is, and follows its heartbeat: our side of the exchange, as a client. */
import { at, type Json, type JsonObject, listOf, textOf } from "./ship-json.ts";
import { type LocalNames, local } from "./spine-local.ts";
import { addressJson, type FeatureAddress, readAddress } from "./spine-values.ts";

/** Entities of a peer whose heartbeat is followed; some gateways show several alike. */
const heartbeatsMax = 8;
/** Features of a peer that are looked at. */
const discoveredMax = 200;

interface FollowerOptions {
  readonly names: LocalNames;
  /** The peer's SPINE name, once it is known. */
  readonly other: () => string | undefined;
  readonly send: (
    from: FeatureAddress,
    to: FeatureAddress,
    classifier: string,
    cmd: JsonObject,
    more?: { readonly wantsResult?: boolean },
  ) => void;
}

const node: FeatureAddress = { entity: [0], feature: 0 };

export function createFollower({ names, other, send }: FollowerOptions) {
  let found: Json | null = null;
  let isKnown = false;
  let follows = false;

  function subscribe(client: FeatureAddress, server: FeatureAddress, serverFeatureType: string): void {
    const subscriptionRequest = {
      clientAddress: addressJson({ ...client, device: names.device }),
      serverAddress: addressJson({ ...server, device: other() }),
      serverFeatureType,
    };
    const call = { nodeManagementSubscriptionRequestCall: { subscriptionRequest } };
    send(local.nodeManagement, node, "call", call, { wantsResult: true });
  }
  function follow(): void {
    if (found === null || follows) return;
    follows = true;
    subscribe(local.nodeManagement, node, "NodeManagement");
    send(local.nodeManagement, node, "read", { nodeManagementUseCaseData: {} });
    for (const feature of heartbeatsOf(found)) {
      subscribe(local.diagnosisClient, feature, "DeviceDiagnosis");
      send(local.diagnosisClient, feature, "read", { deviceDiagnosisHeartbeatData: {} });
    }
  }

  return {
    /** Asks the peer who it is; its answer leads on. */
    begin: (): void => send(local.nodeManagement, node, "read", { nodeManagementDetailedDiscoveryData: {} }),
    discovered(data: Json): void {
      found = data;
      if (isKnown) follow();
    },
    /** The peer knows our features: some stumble over a subscription of one that they have not heard of. */
    known(): void {
      isKnown = true;
      follow();
    },
    follow,
  };
}

/** Features of a peer that send a heartbeat. */
function heartbeatsOf(discovery: Json): readonly FeatureAddress[] {
  const found: FeatureAddress[] = [];
  for (const information of listOf(at(discovery, "featureInformation")).slice(0, discoveredMax)) {
    const description = at(information, "description");
    const isServer = textOf(at(description, "role")) === "server";
    if (!isServer || textOf(at(description, "featureType")) !== "DeviceDiagnosis") continue;
    const functions = listOf(at(description, "supportedFunction")).map((one) => textOf(at(one, "function")));
    const address = readAddress(at(description, "featureAddress"));
    if (address !== null && functions.includes("deviceDiagnosisHeartbeatData")) found.push(address);
  }
  return found.slice(0, heartbeatsMax);
}

/** What a SPINE peer gets when it reads a function of this site. */
import type { Json, JsonObject } from "./ship-json.ts";
import type { Link } from "./spine-links.ts";
import {
  deviceJson,
  discoveryJson,
  keyDescriptionsJson,
  keysJson,
  type LocalNames,
  limitDescriptionsJson,
  limitsJson,
  manufacturerJson,
  ratingsJson,
  type Shown,
  useCasesJson,
} from "./spine-local.ts";
import { addressJson } from "./spine-values.ts";

interface AnswerSources {
  readonly names: LocalNames;
  readonly shown: Shown;
  readonly subscriptions: readonly Link[];
  readonly bindings: readonly Link[];
  /** The peer's SPINE name, once it is known. */
  readonly other: () => string | undefined;
  readonly heartbeat: () => JsonObject;
}

export function answersOf(sources: AnswerSources): Readonly<Record<string, () => JsonObject>> {
  const { names, shown, subscriptions, bindings, other, heartbeat } = sources;
  const entry =
    (idName: string) =>
    ({ client, server }: Link, i: number): Json => ({
      [idName]: i + 1,
      clientAddress: addressJson({ ...client, device: other() }),
      serverAddress: addressJson({ ...server, device: names.device }),
    });
  return {
    nodeManagementDetailedDiscoveryData: () => discoveryJson(names),
    nodeManagementUseCaseData: () => useCasesJson(names, shown.directions),
    nodeManagementSubscriptionData: () => ({ subscriptionEntry: subscriptions.map(entry("subscriptionId")) }),
    nodeManagementBindingData: () => ({ bindingEntry: bindings.map(entry("bindingId")) }),
    nodeManagementDestinationListData: () => ({
      nodeManagementDestinationData: [{ deviceDescription: deviceJson(names) }],
    }),
    deviceClassificationManufacturerData: () => manufacturerJson(names),
    loadControlLimitDescriptionListData: () => limitDescriptionsJson(shown),
    loadControlLimitListData: () => limitsJson(shown),
    deviceConfigurationKeyValueDescriptionListData: () => keyDescriptionsJson(shown),
    deviceConfigurationKeyValueListData: () => keysJson(shown),
    deviceDiagnosisHeartbeatData: heartbeat,
    electricalConnectionCharacteristicListData: () => ratingsJson(shown),
  };
}

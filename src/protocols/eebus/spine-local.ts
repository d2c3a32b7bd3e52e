/**
 * What this site is to a SPINE peer: one entity (CEM) as controllable system of the two limiting use cases, with the features
 * that these need. Names, members and their order are after enbility/spine-go (`model/*.go`) and eebus-go (`usecases/cs`).
 */
import type { Json, JsonObject } from "./ship-json.ts";
import { addressJson, durationText, type FeatureAddress, scaledJson } from "./spine-values.ts";

/** The two directions, each a use case: how its limit, its fail-safe limit and its rating are called. */
export const directions = {
  consumption: {
    useCase: "limitationOfPowerConsumption",
    limitDirection: "consume",
    limitId: 0,
    failSafeKey: { id: 0, name: "failsafeConsumptionActivePowerLimit" },
    nominal: { id: 0, type: "contractualConsumptionNominalMax" },
    /** Production is negative in what is sent. */
    sign: 1,
  },
  production: {
    useCase: "limitationOfPowerProduction",
    limitDirection: "produce",
    limitId: 1,
    failSafeKey: { id: 2, name: "failsafeProductionActivePowerLimit" },
    nominal: { id: 1, type: "contractualProductionNominalMax" },
    sign: -1,
  },
} as const;
export type Direction = keyof typeof directions;
export const directionNames = Object.keys(directions) as Direction[];
/** Key of the fail-safe state's least duration, of both directions. */
export const durationKey = { id: 1, name: "failsafeDurationMinimum" } as const;

const device = [0] as const;
const site = [1] as const;

/** Features of this site. */
export const local = {
  nodeManagement: { entity: device, feature: 0 },
  classification: { entity: device, feature: 1 },
  loadControl: { entity: site, feature: 1 },
  configuration: { entity: site, feature: 2 },
  diagnosis: { entity: site, feature: 3 },
  connection: { entity: site, feature: 4 },
  diagnosisClient: { entity: site, feature: 5 },
} as const satisfies Record<string, FeatureAddress>;
export type LocalFeature = keyof typeof local;

const read = { read: {} };
const write = { read: {}, write: { partial: {} } };

interface FeatureRow {
  readonly type: string;
  readonly role: "server" | "client" | "special";
  readonly functions: Readonly<Record<string, typeof read | typeof write | Readonly<Record<string, never>>>>;
}

export const features: Readonly<Record<LocalFeature, FeatureRow>> = {
  nodeManagement: {
    type: "NodeManagement",
    role: "special",
    functions: {
      nodeManagementDetailedDiscoveryData: read,
      nodeManagementUseCaseData: read,
      nodeManagementSubscriptionData: read,
      nodeManagementSubscriptionRequestCall: {},
      nodeManagementSubscriptionDeleteCall: {},
      nodeManagementBindingData: read,
      nodeManagementBindingRequestCall: {},
      nodeManagementBindingDeleteCall: {},
      nodeManagementDestinationListData: read,
    },
  },
  classification: {
    type: "DeviceClassification",
    role: "server",
    functions: { deviceClassificationManufacturerData: read },
  },
  loadControl: {
    type: "LoadControl",
    role: "server",
    functions: { loadControlLimitDescriptionListData: read, loadControlLimitListData: write },
  },
  configuration: {
    type: "DeviceConfiguration",
    role: "server",
    functions: { deviceConfigurationKeyValueDescriptionListData: read, deviceConfigurationKeyValueListData: write },
  },
  diagnosis: { type: "DeviceDiagnosis", role: "server", functions: { deviceDiagnosisHeartbeatData: read } },
  connection: {
    type: "ElectricalConnection",
    role: "server",
    functions: { electricalConnectionCharacteristicListData: read },
  },
  diagnosisClient: { type: "DeviceDiagnosis", role: "client", functions: {} },
};

/** How this site is called. */
export interface LocalNames {
  /** SPINE's name of the device. */
  readonly device: string;
  readonly brand: string;
  readonly model: string;
  readonly serial: string;
}

/** What a peer reads of a limit. */
export interface LimitShown {
  readonly valueW: number;
  readonly isActive: boolean;
  /** Time left of it, ms; null where it has no end. */
  readonly leftMs: number | null;
}

/** What the exchange shows, each looked up when it is read. */
export interface Shown {
  readonly directions: readonly Direction[];
  limit(direction: Direction): LimitShown;
  failSafeLimitW(direction: Direction): number;
  failSafeDurationMs(): number;
  nominalW(direction: Direction): number;
}

export const deviceJson = (names: LocalNames): JsonObject => ({
  deviceAddress: { device: names.device },
  deviceType: "EnergyManagementSystem",
  networkFeatureSet: "smart",
});

export const discoveryJson = (names: LocalNames): JsonObject => ({
  specificationVersionList: { specificationVersion: ["1.3.0"] },
  deviceInformation: { description: deviceJson(names) },
  entityInformation: [
    { description: { entityAddress: { device: names.device, entity: device }, entityType: "DeviceInformation" } },
    { description: { entityAddress: { device: names.device, entity: site }, entityType: "CEM" } },
  ],
  featureInformation: (Object.keys(local) as LocalFeature[]).map((name) => ({
    description: {
      featureAddress: addressJson({ device: names.device, ...local[name] }),
      featureType: features[name].type,
      role: features[name].role,
      supportedFunction: Object.entries(features[name].functions).map(([fn, possibleOperations]) => ({
        function: fn,
        possibleOperations,
      })),
    },
  })),
});

export const useCasesJson = (names: LocalNames, offered: readonly Direction[]): JsonObject => ({
  useCaseInformation: [
    {
      address: { device: names.device, entity: site },
      actor: "ControllableSystem",
      useCaseSupport: offered.map((direction) => ({
        useCaseName: directions[direction].useCase,
        useCaseVersion: "1.0.0",
        useCaseAvailable: true,
        scenarioSupport: [1, 2, 3, 4],
        useCaseDocumentSubRevision: "release",
      })),
    },
  ],
});

export const manufacturerJson = (names: LocalNames): JsonObject => ({
  deviceName: names.model,
  deviceCode: names.device,
  serialNumber: names.serial,
  brandName: names.brand,
});

export const limitDescriptionsJson = ({ directions: offered }: Shown): JsonObject => ({
  loadControlLimitDescriptionData: offered.map((direction) => ({
    limitId: directions[direction].limitId,
    limitType: "signDependentAbsValueLimit",
    limitCategory: "obligation",
    limitDirection: directions[direction].limitDirection,
    // There is no measurement behind it; some guards want one to be named (eebus-go names 0, too).
    measurementId: 0,
    unit: "W",
    scopeType: "activePowerLimit",
  })),
});

export const limitsJson = (shown: Shown): JsonObject => ({
  loadControlLimitData: shown.directions.map((direction) => {
    const { valueW, isActive, leftMs } = shown.limit(direction);
    const { limitId, sign } = directions[direction];
    return {
      limitId,
      isLimitChangeable: true,
      isLimitActive: isActive,
      ...(leftMs !== null && { timePeriod: { endTime: durationText(Math.max(0, leftMs)) } }),
      value: scaledJson(valueW * sign),
    };
  }),
});

export const keyDescriptionsJson = ({ directions: offered }: Shown): JsonObject => ({
  deviceConfigurationKeyValueDescriptionData: [
    ...offered.map((direction): Json => {
      const { id, name } = directions[direction].failSafeKey;
      return { keyId: id, keyName: name, valueType: "scaledNumber", unit: "W" };
    }),
    { keyId: durationKey.id, keyName: durationKey.name, valueType: "duration" },
  ],
});

export const keysJson = (shown: Shown): JsonObject => ({
  deviceConfigurationKeyValueData: [
    ...shown.directions.map((direction): Json => {
      const { failSafeKey, sign } = directions[direction];
      const value = { scaledNumber: scaledJson(shown.failSafeLimitW(direction) * sign) };
      return { keyId: failSafeKey.id, value, isValueChangeable: true };
    }),
    { keyId: durationKey.id, value: { duration: durationText(shown.failSafeDurationMs()) }, isValueChangeable: true },
  ],
});

export const ratingsJson = (shown: Shown): JsonObject => ({
  electricalConnectionCharacteristicData: shown.directions.map((direction) => {
    const { nominal, sign } = directions[direction];
    return {
      electricalConnectionId: 0,
      parameterId: 0,
      characteristicId: nominal.id,
      characteristicContext: "entity",
      characteristicType: nominal.type,
      value: scaledJson(shown.nominalW(direction) * sign),
      unit: "W",
    };
  }),
});

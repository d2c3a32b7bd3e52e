/** What the station needs to be told; everything a backend may change is a device-model variable instead. */
import type { Version } from "./transport/versions.ts";

export interface EvseConfig {
  /** ConnectorEnumType, for example `cCCS2`. */
  connectorType: string;
  /** Phases of the supply, for the conversion between W and A: 1 or 3. */
  supplyPhases: 1 | 3;
  /** Line to neutral, V. */
  nominalVoltageV: number;
  /** Magnitudes of what the EVSE can do, W. */
  maxChargeW: number;
  maxDischargeW: number;
}

/** Where a backend is reached and how it is secured (security profiles 1 to 3 of OCPP 2.0.1). */
export interface NetworkProfileConfig {
  /** Configuration slot, 1 to 5. */
  slot: number;
  /** ws:// for security profile 1, wss:// for 2 and 3; without the identity. */
  url: string;
  securityProfile: 1 | 2 | 3;
}

/** What a station tells of itself and how it reaches its backend. */
export interface OcppConfig {
  identity: string;
  vendorName: string;
  model: string;
  serialNumber: string;
  firmwareVersion: string;
  evses: EvseConfig[];
  /** In order of priority. */
  network: NetworkProfileConfig[];
  /** Versions to offer, the preferred one first; at least one. */
  versions: readonly Version[];
  /** Until a backend sets another one. */
  basicAuthPassword?: string;
  /** PEM. The station's own certificate and key for profile 3 may instead come from the backend. */
  tls?: {
    ca?: string[];
    cert?: string;
    key?: string;
    /** Roots for other uses than the backend's own, installed at each start. */
    roots?: Partial<Record<"ManufacturerRootCertificate" | "V2GRootCertificate" | "MORootCertificate", string>>;
  };
  /** IANA name: daily and weekly profiles recur at the same local time across daylight saving. */
  timeZone: string;
  /** Device-model values that replace defaults: `Component.Variable` or `Component.Variable.Instance`. */
  variables: Record<string, string>;
  /** How often facts are looked at when nobody reports a change, ms. */
  pollMs: number;
  /** How long a request for power counts, and how often limits are emitted anew, ms. */
  leaseMs: number;
  refreshMs: number;
  /** Certificates may be managed over a connection without TLS. */
  plainCertificates: boolean;
  /** What happens to transactions that were running when the controller went down. */
  onRestart: "resume" | "end";
  /** Refuse profiles with negative limits while no permit covers discharging. */
  refuseUnpermittedDischarge: boolean;
  /** The latest moment on record, UTC ms: a clock before it is wrong. */
  clockFloorMs: number;
  /** Journal entries kept while offline; beyond it, intermediate values are thinned out. */
  journalMax: number;
}

export const ocppDefaults: OcppConfig = {
  identity: "islet",
  vendorName: "Islet",
  model: "Islet",
  serialNumber: "",
  firmwareVersion: "0",
  evses: [],
  network: [],
  versions: ["2.1", "2.0.1"],
  timeZone: "UTC",
  variables: {},
  pollMs: 250,
  leaseMs: 5_000,
  refreshMs: 1_000,
  plainCertificates: false,
  onRestart: "resume",
  refuseUnpermittedDischarge: true,
  clockFloorMs: Number.NEGATIVE_INFINITY,
  journalMax: 100_000,
};

/** The operation modes of 2.1 with what each needs, and those that run here. */
import type { OperationMode } from "../transport/messages.table.ts";

/** A field of a period that says how much; its per-phase forms follow the same rule. */
export type Amount = "limit" | "dischargeLimit" | "setpoint" | "setpointReactive";

/** Fields of each operation mode (2.1, table of limits and setpoints per mode); the others are forbidden. */
export const modeRows: Readonly<Record<OperationMode, { readonly needs: readonly Amount[]; readonly may: readonly Amount[] }>> = {
  ChargingOnly:       { needs: ["limit"],    may: [] },
  CentralSetpoint:    { needs: ["setpoint"], may: ["limit", "dischargeLimit", "setpointReactive"] },
  // The backend should send no limits here; where it does they are kept.
  CentralFrequency:   { needs: ["setpoint"], may: ["limit", "dischargeLimit"] },
  ExternalSetpoint:   { needs: [],           may: ["limit", "dischargeLimit"] },
  ExternalLimits:     { needs: [],           may: [] },
  LocalFrequency:     { needs: [],           may: [] },
  LocalLoadBalancing: { needs: [],           may: [] },
  Idle:               { needs: [],           may: [] },
};

/** What runs here. Sharing the site's load between vehicles is its own plan, which a backend lets decide by `ExternalSetpoint`. */
export const supportedModes: readonly OperationMode[] = [
  "ChargingOnly", "CentralSetpoint", "CentralFrequency", "ExternalSetpoint", "ExternalLimits", "LocalFrequency", "Idle",
];

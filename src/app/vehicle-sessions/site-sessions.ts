/** Sessions with vehicles of a site, with all that they need: certificates and needs from and to the backend, names of vehicles. */

import type { DeviceReport } from "../../../firmware-bridge/bridge.ts";
import type { SiteConfig } from "../../config/site.ts";
import type { OcppStation } from "../../protocols/ocpp/station-api.ts";
import type { AuditEvent } from "../audit/audit-chain.ts";
import type { ControlHost } from "../control/control-host.ts";
import { monotonicMs } from "../control/monotonic.ts";
import type { Log } from "../log.ts";
import { type PermittedPairs, permittedPairs } from "../permits/pairs.ts";
import type { PermitInForce } from "../permits/permit.ts";
import type { Presence } from "../vehicles/presence.ts";
import { createContracts } from "./contracts.ts";
import type { FromSessions } from "./messages.ts";
import { createVehicleNews, type NewsOptions } from "./vehicle-news.ts";
import { startVehicleSessions, type VehicleSessions } from "./vehicle-sessions.ts";

export interface SiteSessionsOptions {
  readonly config: SiteConfig;
  readonly control: ControlHost;
  readonly log: Log;
  /** Null without a backend. */
  readonly backend: { readonly ocpp: OcppStation } | null;
  readonly fleet: { readonly presence: Presence };
  readonly permits: { inForce(): PermitInForce | null };
  /** Devices as they answered. */
  readonly state: { readonly devices: readonly DeviceReport[] };
  readonly audit: (event: AuditEvent) => void;
}

/** Null where no EVSE of the site has a vehicle link. */
export function openVehicleSessions({
  config,
  control,
  log,
  backend,
  fleet: { presence },
  audit,
  permits,
  state,
}: SiteSessionsOptions): VehicleSessions | null {
  const ocpp = backend?.ocpp ?? null;
  const relay = ocpp?.iso15118 ?? null;
  const offer: NewsOptions["offer"] = (index, schedules) => sessions?.offerSchedules(index, schedules);
  const news = createVehicleNews({ config, presence, backend: relay, offer, log, now: Date.now });
  /** A receipt is the vehicle's word for what it took: it belongs where nothing is changed afterwards. */
  function keepReceipt({ index, vehicleId, receipt }: Extract<FromSessions, { kind: "receipt" }>): void {
    const { emaid, meterId, meterWh, exi } = receipt;
    const place = config.evses[index]!.name ?? `EVSE ${index + 1}`;
    log("info", `${place}: vehicle ${vehicleId} has signed ${meterWh} Wh for ${emaid}.`, { evse: index + 1, emaid });
    const signed = Buffer.from(exi).toString("base64");
    audit({
      kind: "session",
      actor: vehicleId,
      body: { what: "receipt", evse: index + 1, emaid, meterId, meterWh, signed },
    });
  }
  function permitted(index: number): PermittedPairs {
    const name = config.evses[index]!.name ?? `EVSE ${index + 1}`;
    const stage = state.devices.find((device) => device.kind === "stage" && device.name === name);
    const inForce = permits.inForce();
    if (inForce === null) return { vehicles: [], why: "the site's equipment has not been found yet" };
    return permittedPairs(inForce, stage?.identity?.serialNumber);
  }

  const sessions = startVehicleSessions({
    awaitsSchedules: relay !== null,
    permitted,
    config,
    control,
    log,
    now: monotonicMs,
    onVehicle(message) {
      news(message);
      if (message.kind === "receipt") keepReceipt(message);
    },
    nameAt: (evse) => presence.at(evse)?.vehicle?.entry.name ?? "",
    certificates: ocpp?.certificates ?? null,
    // Where nobody has to pay, no contract is asked for.
    contracts: ocpp === null || config.authorization === "none" ? null : createContracts(ocpp),
  });
  return sessions;
}

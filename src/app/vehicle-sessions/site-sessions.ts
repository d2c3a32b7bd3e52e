/** Sessions with vehicles of a site, with all that they need: certificates and needs from and to the backend, names of vehicles. */
import type { SiteConfig } from "../../config/site.ts";
import type { OcppStation } from "../../protocols/ocpp/station-api.ts";
import type { ControlHost } from "../control/control-host.ts";
import { monotonicMs } from "../control/monotonic.ts";
import type { Log } from "../log.ts";
import type { Presence } from "../vehicles/presence.ts";
import { createVehicleNews } from "./vehicle-news.ts";
import { startVehicleSessions, type VehicleSessions } from "./vehicle-sessions.ts";

export interface SiteSessionsOptions {
  readonly config: SiteConfig;
  readonly control: ControlHost;
  readonly log: Log;
  /** Null without a backend. */
  readonly backend: { readonly ocpp: OcppStation } | null;
  readonly presence: Presence;
}

/** Null where no EVSE of the site has a vehicle link. */
export function openVehicleSessions({
  config,
  control,
  log,
  backend,
  presence,
}: SiteSessionsOptions): VehicleSessions | null {
  const ocpp = backend?.ocpp ?? null;
  return startVehicleSessions({
    config,
    control,
    log,
    now: monotonicMs,
    onVehicle: createVehicleNews({ config, presence, backend: ocpp?.iso15118 ?? null, log, now: Date.now }),
    nameAt: (evse) => presence.at(evse)?.vehicle?.entry.name ?? "",
    certificates: ocpp?.certificates ?? null,
  });
}

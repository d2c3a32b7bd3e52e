/** A depot that charges and reports to a backend, for what is measured on the gateway itself. */
import { depot } from "./socket-site.ts";

interface GatewaySite {
  readonly chargers: number;
  readonly basePort: number;
  readonly stateDir: string;
  readonly backendUrl: string;
  /** Each charger's readings come this often, s. */
  readonly everyS: number;
}

/** Power stages without vehicles, a page, a backend; as a plain object, to be written as YAML. */
export function gatewaySite({ chargers, basePort, stateDir, backendUrl, everyS }: GatewaySite) {
  const site = depot(chargers, 20, basePort);
  return {
    ...site,
    stateDir,
    pcc: { ...site.pcc, importLimitW: 60_000 * chargers + 200_000 },
    dashboard: { ...site.dashboard, port: basePort + 9 },
    backend: {
      url: backendUrl,
      identity: "BENCH-1",
      securityProfile: 1 as const,
      connectorType: "cCCS1",
      variables: { "SampledDataCtrlr.TxUpdatedInterval": String(everyS) },
    },
    sim: { ...site.sim, vehicles: [] },
  };
}

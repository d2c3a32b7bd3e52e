/** Files that a configuration names and that are read while the site runs: relative names are meant from where it lies. */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { TlsConfig } from "../../config/site/modbus.ts";
import type { SiteConfig } from "../../config/site.ts";

/** Settings of a secured connection that name a file. */
const tlsFiles = ["certificateFile", "keyFile", "caFile"] as const;

/** Where a packaged install keeps the state of a site whose configuration does not say it; set by its `islet` command. */
const stateDirVariable = "ISLET_STATE_DIR";
const usualStateDir = ".islet";

/** Settings that name a file, by their group. */
const named = {
  backend: [
    "caFile",
    "certificateFile",
    "keyFile",
    "manufacturerCaFile",
    "v2gCaFile",
    "contractCaFile",
    "passwordFile",
  ],
  dashboard: ["certificateFile", "keyFile"],
  mqtt: ["passwordFile", "caFile", "certificateFile", "keyFile"],
  csip: ["certificateFile", "keyFile", "caFile"],
  fleet: ["credentialsFile", "caFile"],
  openadr: ["clientSecretFile", "caFile"],
  permit: ["file"],
  vehicleLink: ["certificateFile", "keyFile", "vehicleCaFile"],
} as const;

/**
 * The configuration with whole paths. Where a name lies beside the file it is that one; where it does not, and lies in the
 * working directory, where 0.1 looked for it, it is that one.
 */
export function besideFile(config: SiteConfig, siteFile: string): SiteConfig {
  const beside = (name: string): string => resolve(dirname(siteFile), name);
  const place = (name: string): string =>
    !existsSync(beside(name)) && existsSync(resolve(name)) ? resolve(name) : beside(name);
  const placed = <G extends object>(group: G, names: readonly string[]): G => {
    const given = Object.entries(group).filter(([name, value]) => names.includes(name) && typeof value === "string");
    return { ...group, ...Object.fromEntries(given.map(([name, value]) => [name, place(value as string)])) };
  };
  const secured = <D extends { readonly tls?: TlsConfig | undefined }>(device: D): D =>
    device.tls === undefined ? device : { ...device, tls: placed(device.tls, tlsFiles) };
  const {
    account,
    alerts,
    backend,
    dashboard,
    links,
    mqtt,
    permit,
    planning,
    stateDir,
    tariff,
    pcc,
    transferDevice,
    loadPanel,
  } = config;
  return {
    ...config,
    pcc: { ...pcc, meter: secured(pcc.meter) },
    devices: config.devices.map(secured),
    pv: config.pv.map(secured),
    ...(transferDevice !== undefined && { transferDevice: secured(transferDevice) }),
    ...(loadPanel !== undefined && { loadPanel: secured(loadPanel) }),
    ...(alerts && {
      alerts: {
        ...alerts,
        ...(alerts.mail && { mail: placed(alerts.mail, ["passwordFile", "caFile"]) }),
        ...(alerts.webhook && { webhook: placed(alerts.webhook, ["secretFile"]) }),
      },
    }),
    stateDir: stateDir === usualStateDir ? (process.env[stateDirVariable] ?? stateDir) : stateDir,
    ...(backend !== undefined && { backend: placed(backend, named.backend) }),
    account: placed(account, ["agreementsFile"]),
    ...(mqtt !== undefined && { mqtt: placed(mqtt, named.mqtt) }),
    links: {
      ...links,
      ...(links.csip !== undefined && { csip: placed(links.csip, named.csip) }),
      ...(links.fleet !== undefined && {
        fleet: {
          ...placed(links.fleet, named.fleet),
          dispatcherKeys: links.fleet.dispatcherKeys.map(place),
        },
      }),
      ...(links.openadr !== undefined && { openadr: placed(links.openadr, named.openadr) }),
    },
    dashboard: placed(dashboard, named.dashboard),
    evses: config.evses.map((evse) => ({
      ...evse,
      stage: secured(evse.stage),
      ...(evse.vehicleLink !== undefined && { vehicleLink: placed(evse.vehicleLink, named.vehicleLink) }),
    })),
    permit: { ...placed(permit, named.permit), anchors: permit.anchors.map(place) },
    planning: {
      ...placed(planning, ["warningFile"]),
      ...(planning.loadForecast && { loadForecast: placed(planning.loadForecast, ["file", "caFile"]) }),
      ...(planning.pvForecast && { pvForecast: placed(planning.pvForecast, ["file", "caFile"]) }),
    },
    ...(tariff?.dayAhead !== undefined && {
      tariff: { ...tariff, dayAhead: placed(tariff.dayAhead, ["file", "caFile"]) },
    }),
  };
}

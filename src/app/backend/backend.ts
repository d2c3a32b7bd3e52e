/** The OCPP station of the site: its configuration from the site's, its facts from the control thread's reports. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SiteConfig } from "../../config/site.ts";
import { createSystemClock } from "../../protocols/ocpp/clock.ts";
import { ocppDefaults } from "../../protocols/ocpp/config.ts";
import type { FilePort } from "../../protocols/ocpp/ports.ts";
import { loseProfiles } from "../../protocols/ocpp/smart-charging/profiles.ts";
import { createOcppStation } from "../../protocols/ocpp/station.ts";
import type { OcppStation } from "../../protocols/ocpp/station-api.ts";
import { createHttpFiles } from "../../protocols/ocpp/transport/http-files.ts";
import type { AuditRecord } from "../audit/audit-chain.ts";
import type { ControlHost } from "../control/control-host.ts";
import type { ControlReport } from "../control/shared/report.ts";
import type { LinkPort } from "../links/link-port.ts";
import type { Log } from "../log.ts";
import type { Store } from "../store/store.ts";
import { createEnergyRegisters } from "../store/store-energy.ts";
import { updateRefusal } from "../update/may-update.ts";
import { notOneOfSeveral } from "../update/self-update.ts";
import { isletVersion } from "../version.ts";
import { createOcppPort } from "./ocpp-port.ts";
import { serialNumberOf } from "./serial-number.ts";

/** A change of power that the station should look at at once, of the EVSE's rating. */
const lookShare = 0.05;

export interface Backend {
  readonly ocpp: OcppStation;
  /** Takes a report over into what the backend sees. */
  refresh(report: ControlReport, nowMs: number): void;
  stop(): void;
}

export interface BackendOptions {
  readonly config: SiteConfig;
  readonly control: ControlHost;
  /** Where its caps and requests go. */
  readonly links: LinkPort;
  readonly store: Store;
  readonly log: Log;
  readonly onReset: (sentence: string) => void;
  /** The latest moment on record, UTC ms. */
  readonly clockFloorMs: number;
  /** Records of the audit log for a diagnostics log, oldest first. */
  readonly diagnostics: () => readonly AuditRecord[];
  /** Installs an image that a backend sent; by default that is refused. */
  readonly installFirmware?: FilePort["installFirmware"] | undefined;
  /** Why an image of the backend waits; null when it does not. */
  readonly noteWaiting?: FilePort["noteWaiting"] | undefined;
  /** Whether this version is on trial still. */
  readonly onTrial?: (() => boolean) | undefined;
}

const refuseFirmware: FilePort["installFirmware"] = () => Promise.reject(new Error(notOneOfSeveral));

/** Connects the site to the backend that its configuration names, and keeps it connected. */
export function startBackend(options: BackendOptions): Backend {
  const { config, control, store, log } = options;
  const { site } = config;
  const backend = config.backend!;
  const threePhase = site.phases === "three";
  const port = createOcppPort({
    evses: control.evses,
    links: options.links,
    nominalVoltageV: site.nominalVoltageV,
    threePhase,
    authorizationRequired: config.authorization === "required",
    flush: control.flush,
    reset: (evseId, kind) => {
      if (evseId === 0) options.onReset(`The backend asked for a reset (${kind}).`);
    },
  });
  if (store.sentence !== "") loseProfiles(store);
  const ocpp: OcppStation = createOcppStation(
    {
      ...ocppDefaults,
      identity: backend.identity,
      ...(backend.versions !== undefined && { versions: backend.versions }),
      serialNumber: serialNumberOf(backend.serialNumber, store),
      firmwareVersion: isletVersion(),
      plainCertificates: backend.certificatesOverPlainLink ?? false,
      timeZone: site.timeZone,
      clockFloorMs: options.clockFloorMs,
      onRestart: backend.transactionsAfterRestart ?? ocppDefaults.onRestart,
      evses: config.evses.map((evse) => ({
        connectorType: backend.connectorType,
        supplyPhases: threePhase ? 3 : 1,
        nominalVoltageV: threePhase ? site.nominalVoltageV / Math.sqrt(3) : site.nominalVoltageV,
        maxChargeW: evse.maxChargeW,
        maxDischargeW: evse.maxDischargeW,
      })),
      // Whoever is plugged in may charge: the session starts with the cable, without a card.
      variables: {
        "ChargingStation.PhaseRotation": threePhase ? "RST" : "Rxx",
        ...(config.authorization === "none" && { "AuthCtrlr.Enabled": "false" }),
        ...backend.variables,
      },
      network: [backend, ...(backend.fallbacks ?? [])].map(({ url, securityProfile }, index) => ({
        slot: index + 1,
        url,
        securityProfile: securityProfile as 1 | 2 | 3,
      })),
      ...(backend.passwordFile !== undefined && {
        basicAuthPassword: readFileSync(backend.passwordFile, "utf8").trim(),
      }),
      tls: {
        ...(backend.caFile !== undefined && { ca: [readFileSync(backend.caFile, "utf8")] }),
        ...(backend.certificateFile !== undefined && { cert: readFileSync(backend.certificateFile, "utf8") }),
        ...(backend.keyFile !== undefined && { key: readFileSync(backend.keyFile, "utf8") }),
        roots: {
          ...(backend.manufacturerCaFile !== undefined && {
            ManufacturerRootCertificate: readFileSync(backend.manufacturerCaFile, "utf8"),
          }),
          ...(backend.v2gCaFile !== undefined && { V2GRootCertificate: readFileSync(backend.v2gCaFile, "utf8") }),
          ...(backend.contractCaFile !== undefined && {
            MORootCertificate: readFileSync(backend.contractCaFile, "utf8"),
          }),
        },
      },
    },
    port,
    store,
    createSystemClock(),
    {
      log: (level, message, fields) => log(level, `Backend: ${message}`, fields),
      files: createHttpFiles({
        folder: join(config.stateDir, "firmware"),
        hosts: backend.fileHosts ?? [],
        roots: () =>
          ocpp.certificates.allRoots().flatMap(({ use, pem }) => (use === "CSMSRootCertificate" ? [pem] : [])),
        diagnosticsLog: async (fromMs, toMs) => diagnosticsLog(options.diagnostics(), fromMs, toMs),
        async installFirmware(image, signal) {
          const why = updateRefusal(control.report());
          if (why !== "") throw new Error(why);
          return (options.installFirmware ?? refuseFirmware)(image, signal);
        },
        mayInstall: () => updateRefusal(control.report()) || null,
        noteWaiting: options.noteWaiting ?? (() => undefined),
        onTrial: options.onTrial ?? (() => false),
      }),
    },
  );
  ocpp.start();
  const registers = createEnergyRegisters(
    store,
    config.evses.length,
    config.evses.map(({ maxChargeW, maxDischargeW }) => Math.max(maxChargeW, maxDischargeW)),
  );
  const seen = config.evses.map(() => ({ connected: false, powerW: 0 }));
  return {
    ocpp,
    refresh(report, nowMs) {
      port.refresh(report);
      let changed = false;
      for (let index = 0; index < seen.length; index++) {
        const view = port.evses[index]!;
        const before = seen[index]!;
        const register = registers.update(index, report.stages[index]!, nowMs);
        view.importWh = register.importWh;
        view.exportWh = register.exportWh;
        const moved = Math.abs(view.powerW - before.powerW) > lookShare * config.evses[index]!.maxChargeW;
        if (view.connected === before.connected && !moved) continue;
        before.connected = view.connected;
        before.powerW = view.powerW;
        changed = true;
      }
      if (changed) ocpp.factsChanged();
    },
    stop() {
      ocpp.stop();
      registers.flush();
    },
  };
}

/** The audit log's records of a time window, one JSON line each. */
function diagnosticsLog(records: readonly AuditRecord[], fromMs: number, toMs: number): Uint8Array {
  const lines = records.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs).map((record) => JSON.stringify(record));
  return Buffer.from(`${lines.join("\n")}\n`);
}

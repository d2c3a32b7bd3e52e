/**
 * Composes the controller of a site: control thread, OCPP station, store. Everything that must survive a restart lies in
 * the state folder. The station's own clock is the process's monotonic clock; pages and command line look at it through
 * `SiteStation`.
 */
import { join } from "node:path";
import type { DeviceReport } from "../../firmware-bridge/bridge.ts";
import { promisedRecoveryMs } from "../core/core-config.ts";
import type { Exceedance } from "../core/pcc/exceedance-ledger.ts";
import type { PccSide } from "../core/pcc/pcc-memory.ts";
import type { Mode } from "../domain/modes.ts";
import type { Result } from "../domain/result.ts";
import type { OcppStatus } from "../protocols/ocpp/station-api.ts";
import type { Presented } from "../protocols/ocpp/transactions/e-tokens.ts";
import type { IdToken } from "../protocols/ocpp/transport/messages.table.ts";
import { type EnergyAccount, openEnergyAccount } from "./account/account.ts";
import type { AuditLog } from "./audit/audit.ts";
import type { AuditEvent, AuditRecord } from "./audit/audit-chain.ts";
import type { Backend, BackendOptions } from "./backend/backend.ts";
import { type ControlHost, type HostMessage, startControlHost } from "./control/control-host.ts";
import { monotonicMs } from "./control/monotonic.ts";
import type { ControlReport } from "./control/shared/report.ts";
import { createStallNotes } from "./control/stall-notes.ts";
import { createEconomy, type Economy } from "./economy/economy.ts";
import type { FleetLink } from "./links/fleet/fleet-link.ts";
import type { LinkPort } from "./links/link-port.ts";
import { openLinks } from "./links/links.ts";
import type { OutsideLink } from "./links/outside-link.ts";
import { loadOutsideLinks } from "./links/outside-links.ts";
import type { Log } from "./log.ts";
import { createClockNotes } from "./notes/clock-notes.ts";
import { createDeviceNotes } from "./notes/device-notes.ts";
import { createDynamicsNotes, createPromiseNotes, toldDynamics } from "./notes/dynamics-notes.ts";
import { createMeterNotes } from "./notes/meter-notes.ts";
import type { PccMessage } from "./notes/pcc-watch.ts";
import { openPeople, type People } from "./people.ts";
import { type FoundEquipment, openPermitStore, type PermitInForce, refusalText } from "./permits/permit.ts";
import type { Permit, Refusal } from "./permits/permit-format.ts";
import { auditedHistory, type PermitHistory } from "./permits/permit-history.ts";
import { createSitePlanning, type SitePlanning } from "./planning/site-planning.ts";
import { openFlightRecorder } from "./recorder/recorder-host.ts";
import { createFoundPromises, type FoundPromise } from "./site/found-promises.ts";
import type { LoadedSite } from "./site/load-config.ts";
import { type DurableState, openDurableState } from "./store/durable.ts";
import type { ModeWitness } from "./store/mode-record.ts";
import type { Owed } from "./store/owed.ts";
import { openPccArchive, type PccArchive, type PccView } from "./store/pcc-archive.ts";
import type { Documents } from "./store/store.ts";
import { type Written, watchWrites } from "./store/write-watch.ts";
import type { VehicleSessions } from "./vehicle-sessions/vehicle-sessions.ts";
import { type Fleet, openFleet } from "./vehicles/fleet.ts";

/** The backend's view of the facts is renewed this often, ms. */
const viewEveryMs = 100;
/** Newest records of the audit log that a diagnostics log carries. */
const diagnosticsRecordsMax = 5_000;
/** Notes kept for people; older ones live in the log. */
const notesMax = 500;

/** Our own certificates that a backend may have issued. */
const certificateUses = [
  { use: "ChargingStationCertificate", name: "backend" },
  { use: "V2GCertificate", name: "vehicle link" },
] as const;

export interface StationOptions {
  readonly site: LoadedSite;
  readonly log: Log;
  /** A reset was asked for, by the backend: whoever runs the station starts it anew. */
  readonly onReset: (sentence: string) => void;
  /** The control thread has ended: nothing is controlled any more. */
  readonly onEnd: (sentence: string) => void;
  /** How an image from the backend gets installed; by default it is refused. */
  readonly installFirmware?: BackendOptions["installFirmware"];
  readonly noteWaiting?: BackendOptions["noteWaiting"];
  readonly onTrial?: BackendOptions["onTrial"];
}

/** A change of mode, for people and logs. */
export interface ModeNote {
  readonly atMs: number;
  readonly from: Mode;
  readonly to: Mode;
  /** Row of the mode table. */
  readonly row: string;
}

export interface SiteStation extends LoadedSite {
  readonly control: ControlHost;
  readonly notes: readonly ModeNote[];
  readonly devices: readonly DeviceReport[];
  readonly realTime: boolean;
  readonly periodMs: number;
  /** Latest report; null before the first cycle. */
  report(): ControlReport | null;
  ocpp(): OcppStatus | null;
  /** A card at the reader of an EVSE, or at one for the whole station (0). Null without a backend. */
  presentCard(card: { readonly idToken: string; readonly type: string }, evseId: number): Promise<Presented> | null;
  /** The record at the PCC: the newest exceedances, the alarms and the response-time passport. */
  pcc(recentMax: number): PccView;
  /** What the limits are worth by what was found of meter and stages while it runs; null while all is as configured. */
  foundPromise(): FoundPromise | null;
  /** Bytes given to the disk since the start; null where the system does not tell. */
  written(): Written | null;
  /** Writes a durable record into the hash-chained log: modes, commands of people, permits, limits, trips, refusals. */
  audit(event: AuditEvent): void;
  /** What is in force but not on disk yet, because the disk refuses; tried again until it is there. */
  owed(): readonly Owed[];
  /** The newest records of that log, newest first. */
  auditTrail(limit: number): AuditRecord[];
  /** Sessions with vehicles; null where the controller speaks with none. */
  readonly vehicleSessions: VehicleSessions | null;
  /** What people have asked for; the only way to ask. */
  readonly people: People;
  /** The port for requests: what connected systems ask goes through it. */
  readonly links: LinkPort;
  /** The links to systems outside, as far as they are configured. */
  readonly outside: readonly Pick<OutsideLink, "name" | "connected" | "sentence">[];
  /** The link to a fleet, which whoever serves the page tells what it shows; null without one. */
  readonly fleetLink: Pick<FleetLink, "describe"> | null;
  /** Vehicles, timetables, and who is plugged in where. */
  readonly fleet: Fleet;
  /** What energy costs and saves here: record, tariff, forecasts, grid events. */
  readonly economy: Economy;
  /** Origin and use of energy by quarter-hours. */
  readonly account: EnergyAccount;
  /** The plan in force, who will be ready, and what an outage would need. */
  readonly plans: SitePlanning;
  /** For what pages keep over a restart: each its own collections. */
  readonly documents: Documents;
  /** Certificates in use towards the backend and vehicles, PEM. */
  certificates(): readonly { readonly name: string; readonly pem: string }[];
  /** Verifies a permit, installs it and puts it into force. */
  installPermit(text: string): Result<Permit, Refusal>;
  /** The permit as installed, verified and judged against what was found; null before devices were found. */
  permit(): PermitInForce | null;
  stop(): Promise<void>;
}

export async function startStation(options: StationOptions): Promise<SiteStation> {
  const { site, log } = options;
  const { config } = site;
  const { openOutsideLinks, startBackend, openVehicleSessions } = await loadWhatIsConfigured(config);
  const durable = openDurableState(config.stateDir, log);
  const { store, auditLog, audit, clockFloorMs } = durable;
  auditStart(audit, site);
  const pccArchive = openPccArchive(store, promisedRecoveryMs(config));
  const deviceNotes = createDeviceNotes(log, monotonicMs);
  const foundPromises = createFoundPromises(config);
  const siteNotes = createSiteNotes(config, log, foundPromises);
  const alarm = (message: string): void => audit({ kind: "alarm", actor: "controller", body: { message } });
  const mismatches = createMismatchNotes(log, alarm);
  const clockNotes = createClockNotes((message, setByMs) => {
    log("warn", message, { setByMs });
    alarm(message);
  });
  const notes: ModeNote[] = [];
  const state = {
    devices: [] as readonly DeviceReport[],
    realTime: false,
    periodMs: config.loop.periodMs,
  };
  const stalls = createStallNotes(log, monotonicMs, () => state.realTime);

  const recorder = openFlightRecorder(site, log);
  const control = startControlHost({
    site,
    ringFd: recorder.ringFd,
    recordFile: join(config.stateDir, "intent.json"),
    witness: () => modeWitness(auditLog, durable.witness.read().lockedOut),
    clockFloorMs,
    pccMemory: pccArchive.memory ?? null,
    capsAwaited: config.backend !== undefined,
    onEnd: options.onEnd,
    onMessage(message) {
      switch (message.kind) {
        case "started":
          state.realTime = message.realTime;
          state.periodMs = message.periodMs;
          recorder.start(message.periodMs);
          log("info", `The control loop runs every ${message.periodMs} ms. ${message.sentence}`);
          break;
        case "devices":
          state.devices = message.reports;
          mismatches(message.reports);
          deviceNotes(message.reports);
          clockNotes(Date.now(), monotonicMs());
          permits.found(message.reports);
          break;
        case "mode":
          noteMode(message, notes, durable, { log, audit });
          break;
        case "stored":
          noteStored(log, message);
          break;
        case "late":
          stalls.take(message);
          break;
        case "owed":
          noteOwed(message, log, audit);
          break;
        case "pcc":
          notePcc(pccArchive, message, log, audit);
          break;
        case "failed":
          alarm(message.message);
          log("error", message.message);
      }
    },
  });
  const permits = watchPermit(config, auditedHistory(auditLog), control, log, audit);
  log(control.recordAlarm ? "error" : "info", control.recordSentence);
  if (control.recordAlarm) alarm(control.recordSentence);
  const people = openPeople(config, store, control, join(config.stateDir, "people.json"));
  const fleet = openFleet(config, store, people, log);
  const economy = openEconomy(config, store, fleet, log);
  const account = openAccount(site, durable, fleet, log);
  const plans = createSitePlanning({ site, control, people, fleet, inputs: economy, log, documents: store, audit });
  const links = openSiteLinks({ config, control, people, documents: store, audit, fleet, plans });
  for (const { sentence } of [pccArchive, people, links]) if (sentence !== "") log("warn", sentence);
  for (const evse of control.evses) evse.authorized = config.authorization === "none";

  const diagnostics = () => [...auditLog.latest(diagnosticsRecordsMax)].reverse();
  const parts = { ...options, config, control, links, store, diagnostics, clockFloorMs };
  const backend = startBackend?.(parts) ?? null;
  const outside = openOutsideLinks({
    ...{ config, profile: site.profile, inputs: control.evses, people, links, account, audit, log, economy },
    ...{ documents: store, board: () => plans.board, auditLog, replan: () => plans.planning.expire() },
  });
  const vehicleSessions =
    openVehicleSessions?.({ config, control, log, audit, backend, fleet, permits, state }) ?? null;
  const views = setInterval(() => {
    vehicleSessions?.follow();
    const report = control.report();
    if (report === null) return;
    links.look(report);
    for (const one of outside.all) one.look(report);
    siteNotes(report.site);
    backend?.refresh(report, monotonicMs());
    fleet.look(report, backend?.ocpp.transactions() ?? [], Date.now());
    for (const one of [economy, account, plans]) one.look(report, Date.now());
  }, viewEveryMs);
  control.flush();
  const writes = watchWrites(config, store, recorder, log);

  return {
    ...site,
    written: writes.written,
    control,
    notes,
    get devices() {
      return state.devices;
    },
    get realTime() {
      return state.realTime;
    },
    get periodMs() {
      return state.periodMs;
    },
    audit,
    owed: () => [...control.owed(), ...durable.owed()],
    vehicleSessions,
    auditTrail: (limit) => auditLog.latest(limit),
    ...{ people, links, fleet, economy, account, plans },
    ...{ outside: outside.all, fleetLink: outside.fleet },
    documents: store,
    certificates: () => ownCertificates(backend),
    installPermit: (text) => permits.install(text, clockFloorMs),
    report: () => control.report(),
    ocpp: () => backend?.ocpp.status() ?? null,
    presentCard: ({ idToken, type }, evseId) =>
      backend?.ocpp.presentToken({ idToken, type: type as IdToken["type"] }, evseId === 0 ? undefined : evseId) ?? null,
    pcc: (recentMax) => pccArchive.view(recentMax),
    foundPromise: () => foundPromises(control.report()?.site),
    permit: () => permits.inForce(),
    async stop() {
      clearInterval(views);
      permits.stop();
      backend?.stop();
      await Promise.all([vehicleSessions?.stop(), ...outside.all.map((one) => one.stop())]);
      await Promise.all([control.stop(), plans.stop()]);
      await recorder.stop();
      writes.stop();
      for (const one of [people, economy, account]) one.stop();
      audit({ kind: "stop", actor: "controller", body: {} });
      durable.stop();
    },
  };
}

/** What only some sites have is loaded where it is configured: it is much of the program, and so of the gateway's memory. */
async function loadWhatIsConfigured(config: LoadedSite["config"]) {
  const [openOutsideLinks, backend, sessions] = await Promise.all([
    loadOutsideLinks(config),
    config.backend && import("./backend/backend.ts"),
    config.evses.some(({ vehicleLink }) => vehicleLink) && import("./vehicle-sessions/site-sessions.ts"),
  ]);
  return {
    openOutsideLinks,
    startBackend: backend?.startBackend,
    openVehicleSessions: sessions ? sessions.openVehicleSessions : undefined,
  };
}

const auditStart = (audit: SiteStation["audit"], { config, profile }: LoadedSite): void =>
  audit({
    kind: "start",
    actor: "controller",
    body: { site: config.site.name, serviceMode: config.site.serviceMode, profile: profile.name },
  });

/** The port for requests; departures that come through it are planned for at once. */
function openSiteLinks({
  fleet,
  plans,
  ...of
}: Pick<Parameters<typeof openLinks>[0], "config" | "control" | "people" | "documents" | "audit"> & {
  readonly fleet: Fleet;
  readonly plans: SitePlanning;
}): LinkPort {
  const replan = (): void => {
    fleet.expire();
    plans.planning.expire();
  };
  return openLinks({ ...of, replan, nowMs: Date.now, monotonicMs });
}

/** The account of origin and use; its rows are anchored in the audit log. */
const openAccount = (
  { config, agreements }: LoadedSite,
  { store, auditLog, audit }: DurableState,
  fleet: Fleet,
  log: Log,
): EnergyAccount =>
  openEnergyAccount({
    config,
    agreements,
    documents: store,
    fleet,
    log,
    audit,
    lastAudited: () => auditLog.latestOf("account"),
  });

/** What is logged of the PCC meter, of the dynamics that were found, and of promises that hold no longer. */
function createSiteNotes(
  config: LoadedSite["config"],
  log: Log,
  foundPromises: ReturnType<typeof createFoundPromises>,
): (site: ControlReport["site"]) => void {
  const names = config.evses.map(({ name }, i) => name ?? `EVSE ${i + 1}`);
  const meterNotes = createMeterNotes(log);
  const dynamicsNotes = createDynamicsNotes(log, names, toldDynamics(config));
  const promiseNotes = createPromiseNotes(log);
  return (site) => {
    meterNotes(site.meterQuality, site.meterCondemned);
    dynamicsNotes(site);
    promiseNotes(foundPromises(site));
  };
}

/** The record of energy knows vehicles by the fleet's ids. */
const openEconomy = (config: LoadedSite["config"], documents: Documents, fleet: Fleet, log: Log): Economy =>
  createEconomy({
    config,
    documents,
    log,
    now: Date.now,
    vehicleAt: (evse) => fleet.presence.at(evse)?.vehicle?.entry.id ?? null,
    wearPerKWh: () => ownWear(fleet),
  });

/** Prices of wear that vehicles have of their own, by id. */
const ownWear = ({ vehicles }: Fleet): Record<string, number> =>
  Object.fromEntries(
    vehicles
      .list()
      .flatMap(({ entry }) => (entry.wearPerKWh === undefined ? [] : [[entry.id, entry.wearPerKWh] as const])),
  );

/** Certificates of the station's own, with their names for people. */
const ownCertificates = (backend: Backend | null): readonly { readonly name: string; readonly pem: string }[] =>
  certificateUses.flatMap(({ use, name }) => {
    const pem = backend?.ocpp.certificates.own(use)?.chain[0];
    return pem === undefined ? [] : [{ name, pem }];
  });

/** A change of mode: for people, for the record of a lockout, for the audit log. */
function noteMode(
  message: Extract<HostMessage, { kind: "mode" }>,
  notes: ModeNote[],
  durable: ReturnType<typeof openDurableState>,
  { log, audit }: { readonly log: Log; readonly audit: SiteStation["audit"] },
): void {
  notes.push({ atMs: Date.now(), from: message.from, to: message.to, row: message.row });
  if (notes.length > notesMax) notes.shift();
  if (message.to === "lockedOut" || message.from === "lockedOut")
    durable.remember({ lockedOut: message.to === "lockedOut" });
  audit({ kind: "mode", actor: "controller", body: { from: message.from, to: message.to, row: message.row } });
  log("info", `Mode ${message.from} → ${message.to} (row ${message.row}).`, {
    mode: message.to,
    row: message.row,
  });
}

/** An intent that the disk refuses. */
function noteOwed(
  { record, why }: Extract<HostMessage, { kind: "owed" }>,
  log: Log,
  audit: SiteStation["audit"],
): void {
  const sentence = `Intent ${record.intent} can't be stored (${why}). What it permits is not done; it is tried until it is stored.`;
  audit({ kind: "alarm", actor: "controller", body: { message: sentence } });
  log("error", sentence);
}

/** An intent is on record; worth a line where it had not been for a while. */
function noteStored(
  log: Log,
  { record, afterFailures }: Pick<Extract<HostMessage, { kind: "stored" }>, "record" | "afterFailures">,
): void {
  log(afterFailures ? "info" : "debug", `Intent ${record.intent} stored${afterFailures ? " after failures" : ""}.`, {
    ...record,
  });
}

/** What the audit log knows of the modes, for a site whose own record of them is lost. */
function modeWitness(auditLog: AuditLog, lockedOutOutside: boolean): ModeWitness {
  const last = auditLog.latestOf("mode");
  const lockedOut = last !== undefined && JSON.parse(last.body).to === "lockedOut";
  return { knowsSite: last !== undefined, lockedOut, lockedOutOutside };
}

interface PermitWatch {
  inForce(): PermitInForce | null;
  found(reports: readonly DeviceReport[]): void;
  install(text: string, clockFloorMs: number): Result<Permit, Refusal>;
  stop(): void;
}

/** Puts the installed permit into force: at the start, when stages have been identified, and whenever it changes on disk. */
function watchPermit(
  config: LoadedSite["config"],
  audited: PermitHistory,
  control: ControlHost,
  log: Log,
  audit: SiteStation["audit"],
): PermitWatch {
  const store = openPermitStore(config, audited);
  let stages: FoundEquipment[] = [];
  let current: PermitInForce | null = null;
  let said = "";
  const renew = (): void => {
    current = store.inForce(stages);
    Object.assign(control.site.permit, current.facts);
    control.flush();
    const sentence = permitSentence(current, stages.length > 0);
    if (sentence !== said) {
      log(current.refusal ? "warn" : "info", sentence);
      audit({
        kind: "permit",
        actor: "controller",
        body: { sentence, facts: current.facts, uncovered: current.uncovered },
      });
    }
    said = sentence;
  };
  const stopWatching = store.watch(renew);
  renew();
  return {
    inForce: () => current,
    found(reports) {
      const found = reports
        .filter(({ kind, identity }) => kind === "stage" && identity !== undefined)
        .map(({ identity }) => ({ serialNumber: identity!.serialNumber, firmware: identity!.version }));
      if (JSON.stringify(found) === JSON.stringify(stages)) return;
      stages = found;
      renew();
    },
    install(text, clockFloorMs) {
      const installed = store.install(text, Date.now(), { clockFloorMs });
      if (installed.ok) {
        audit({ kind: "permit", actor: "controller", body: { what: "installed", permit: installed.value } });
        renew();
      }
      return installed;
    },
    stop: stopWatching,
  };
}

function permitSentence({ permit, refusal }: PermitInForce, identified: boolean): string {
  if (refusal && !(refusal.reason === "equipment" && !identified)) return refusalText(refusal);
  if (permit === undefined) return "No permission to operate is installed: the site is a load.";
  return `Permission to operate ${permit.reference} of ${permit.utility}: ${permit.serviceMode}, export at most ${permit.exportLimitW} W, until ${permit.validUntil}.`;
}

/** What the PCC's watch tells goes on record; a trip into the audit log, exceedances into the log. */
function notePcc(archive: PccArchive, message: PccMessage, log: Log, audit: SiteStation["audit"]): void {
  if (message.relayCause !== archive.view(0).relayCause && message.relayCause !== "")
    audit({ kind: "trip", actor: "controller", body: { cause: message.relayCause } });
  archive.take(message);
  for (const { side, entry } of message.entries) log("warn", exceedanceSentence(side, entry), { side, ...entry });
}

function exceedanceSentence(side: PccSide, { peakOverW, durationMs, energyWh, limitW, cause }: Exceedance): string {
  const what = side === "export" ? "Exported" : "Imported";
  return `${what} up to ${Math.round(peakOverW)} W beyond ${Math.round(limitW)} W for ${Math.round(durationMs)} ms (${energyWh.toFixed(2)} Wh, ${cause}).`;
}

/** Says once when a stage's grid functions differ from the profile, with register, expected and found, and when they agree again. */
function createMismatchNotes(log: Log, alarm: (sentence: string) => void): (reports: readonly DeviceReport[]) => void {
  const standing = new Map<string, string>();
  return (reports) => {
    for (const { name, mismatch } of reports) {
      const sentence = mismatch
        ? `${name}: register ${mismatch.register} is ${Number.isNaN(mismatch.found) ? "missing" : mismatch.found}, expected ${mismatch.expected}. It may not run in parallel with the grid.`
        : "";
      if (sentence === (standing.get(name) ?? "")) continue;
      if (sentence !== "") {
        log("error", sentence, { device: name, ...mismatch });
        alarm(sentence);
      } else log("info", `${name}: its grid functions agree with the profile again.`);
      standing.set(name, sentence);
    }
  };
}

/**
 * The OCPP 2.0.1 charging station: every functional block wired to the session, the device model, the store and the
 * site. `createOcppStation` composes; what each use case does is in its block's file.
 */

import { invariant } from "../../domain/result.ts";
import { createBoot } from "./blocks/b-boot.ts";
import { type Credentials, createNetwork } from "./blocks/b-network.ts";
import { createReset } from "./blocks/b-reset.ts";
import { createVariables } from "./blocks/b-variables.ts";
import { createAuthorization } from "./blocks/c-authorization.ts";
import { createLocalList } from "./blocks/d-local-list.ts";
import { createRemote } from "./blocks/f-remote.ts";
import { createAvailability } from "./blocks/g-availability.ts";
import { createReservations } from "./blocks/h-reservation.ts";
import { createFirmware } from "./blocks/l-firmware.ts";
import { createDiagnostics } from "./blocks/n-diagnostics.ts";
import { createDisplay } from "./blocks/o-display.ts";
import { createDataTransfer } from "./blocks/p-data-transfer.ts";
import { scopeClock } from "./clock.ts";
import { collectionOf } from "./collection.ts";
import type { OcppConfig } from "./config.ts";
import type { Block, Context } from "./context.ts";
import { createDeviceModel } from "./device-model/device-model.ts";
import { provideSite } from "./device-model/site-variables.ts";
import { createMonitoring } from "./monitoring/n-monitoring.ts";
import type { Cancel, OcppClock, OcppLog, OcppStore, StationPort } from "./ports.ts";
import { createSecurityLog } from "./security/a-security-log.ts";
import { createCertificates, type RootUse, splitPem } from "./security/certificates.ts";
import { createCertificateBlock } from "./security/m-certificates.ts";
import { createPasswords } from "./security/passwords.ts";
import { createExternalLimits } from "./smart-charging/k-external.ts";
import { createIso15118Relay } from "./smart-charging/k-iso15118.ts";
import { createSmartCharging } from "./smart-charging/k-smart-charging.ts";
import { createZone } from "./smart-charging/timezone.ts";
import type { OcppStation, StationOptions } from "./station-api.ts";
import { createTokens } from "./transactions/e-tokens.ts";
import { createTransactions } from "./transactions/e-transactions.ts";
import { createMetering } from "./transactions/j-metering.ts";
import { flowThresholdW } from "./transactions/transaction.ts";
import type { BootReason, Handlers } from "./transport/messages.table.ts";
import { createRpcTransport } from "./transport/rpc-transport.ts";
import { createSession } from "./transport/session.ts";
import type { ConnectError } from "./transport/transport.ts";

export type { OcppStation, StationOptions } from "./station-api.ts";

/** How long the station stays away after a reset before it connects again, ms. */
const rebootMs = 1_000;

/** What has happened must be told before a reboot, but a backend that does not answer holds it up no longer than this, ms. */
const lastWordsMaxMs = 10_000;

/** Beyond this difference between the backend's time and ours nobody can say what has expired, ms. */
const timeAgreesMs = 3_600_000;

/** Severity of an EVSE's fault: an alert that needs attention (MonitoringCtrlr, 0 to 9). */
const faultSeverity = 3;

/** A way to send a message on request that cannot be refused. */
const always =
  (send: (evseId: number) => void) =>
  (evseId: number): boolean => {
    send(evseId);
    return true;
  };

/** What is kept about the last shutdown, so that the next boot notification tells the reason. */
interface BootRecord {
  reason: BootReason;
}

/** A charging station of OCPP 2.0.1. Nothing is sent before `start`. */
export function createOcppStation(
  config: OcppConfig,
  port: StationPort,
  store: OcppStore,
  realClock: OcppClock,
  options: StationOptions = {},
): OcppStation {
  const { clock, cancelAll } = scopeClock(realClock);
  const log: OcppLog = options.log ?? (() => undefined);
  const handlers: Handlers = {};
  const model = createDeviceModel({ store, evses: config.evses, overrides: config.variables });
  for (const complaint of model.complaints) log("warn", `A configured variable is not used: ${complaint}.`);
  const bootRecords = collectionOf<BootRecord>(store, "boot");
  const firstReason: BootReason = bootRecords.get("next")?.reason ?? "PowerUp";
  bootRecords.remove("next");
  let bootReason = firstReason;
  /** Set while the last words before a reboot are said. */
  let rebooting: BootReason | null = null;
  const securityLog = createSecurityLog(store, () => context);
  const { cert, key, ca = [], roots = {} } = config.tls ?? {};
  const configured = cert !== undefined && key !== undefined ? { chain: splitPem(cert), key } : undefined;
  const certificates = createCertificates(store, configured);
  for (const pem of ca) certificates.install("CSMSRootCertificate", pem);
  for (const [use, pem] of Object.entries(roots))
    for (const one of splitPem(pem)) certificates.install(use as RootUse, one);
  const passwords = createPasswords(store, model, config);
  const credentials: Credentials = {
    password: passwords.current,
    roots: () => certificates.roots("CSMSRootCertificate"),
    clientCertificate() {
      const own = certificates.own("ChargingStationCertificate");
      return own ? { cert: own.chain.join("\n"), key: own.key } : null;
    },
  };
  const network = createNetwork({
    config,
    model,
    store,
    log,
    credentials,
    onSecurityProfile: (profile) =>
      securityLog.record("ReconfigurationOfSecurityParameters", `security profile ${profile}`),
  });
  const boot = createBoot(() => context, firstReason, accepted);
  const session = createSession(
    {
      clock,
      store,
      log,
      transport: options.transport ?? createRpcTransport,
      endpoint: network.endpoint,
      backoff: () => ({
        waitMinimumS: model.number("OCPPCommCtrlr", "RetryBackOffWaitMinimum"),
        randomRangeS: model.number("OCPPCommCtrlr", "RetryBackOffRandomRange"),
        repeatTimes: model.number("OCPPCommCtrlr", "RetryBackOffRepeatTimes"),
      }),
      attempts: () => ({
        attemptsMax: model.number("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"),
        intervalS: model.number("OCPPCommCtrlr", "MessageAttemptInterval", "TransactionEvent"),
      }),
      timeoutS: () => model.number("OCPPCommCtrlr", "MessageTimeout", "Default"),
      permitsOut: boot.permitsOut,
      admit: boot.admit,
      onOpen(endpoint, offlineMs) {
        passwords.worked();
        network.connected(endpoint);
        boot.onOpen(offlineMs);
      },
      onClosed() {
        boot.onClosed();
        for (const block of blocks) block.onOffline?.();
      },
      onConnectFailed,
      onDelivered: (message, response) => transactions.onDelivered(message, response),
      onBadFrame: (description) => securityLog.record("InvalidMessages", description),
      onTraffic: boot.onTraffic,
    },
    handlers,
  );
  const context: Context = {
    config,
    port,
    store,
    clock,
    log,
    model,
    session,
    nowMs: () => clock.wallMs() + boot.clockOffsetMs,
    iso: (atMs) => new Date(atMs ?? clock.wallMs() + boot.clockOffsetMs).toISOString(),
    online: () => session.online && boot.registration === "accepted",
    timeDisputed: () => boot.toldOffsetMs !== null && Math.abs(boot.toldOffsetMs - boot.clockOffsetMs) > timeAgreesMs,
    enqueue(action, payload, of) {
      store.enqueue({
        action,
        payload: JSON.stringify(payload),
        transactionId: of?.transactionId ?? "",
        seqNo: of?.seqNo ?? -1,
        droppable: of?.droppable ?? false,
      });
      // Not before whatever this belongs to has been committed: what is sent must be durable.
      queueMicrotask(session.pump);
    },
    securityEvent: securityLog.record,
    afterAnswer: (name, run) => void clock.after(name, 0, run),
  };

  const variables = createVariables(context);
  const localList = createLocalList(context);
  const authorization = createAuthorization(context, localList);
  const metering = createMetering(context);
  const availability = createAvailability(context, {
    // A transaction that waits for its cable to come back does not occupy the connector (use case E10).
    inUse(evseId) {
      if (port.evses[evseId - 1]?.connected) return true;
      const transaction = transactions.of(evseId);
      return transaction !== null && !transaction.seen.includes("EVConnected");
    },
    running: (evseId) => transactions.of(evseId) !== null,
    reserved: (evseId) => reservations.reserved(evseId),
    awaited: (evseId) => reservations.names(evseId) && transactions.authorityOf(evseId) === null,
    withdrawn: (evseId) =>
      reset.resetting(evseId) ||
      (transactions.of(evseId) === null && (firmware.blocksSessions || rebooting === "FirmwareUpdate")),
  });
  const reservations = createReservations(context, {
    state: (evseId) => availability.occupancy(evseId),
    changed: availability.refresh,
  });
  /** Before its first acceptance a station charges nobody; later it does so while there is no backend to ask. */
  const mayTransact = (): boolean =>
    boot.registration === "accepted" ||
    (!session.online && bootRecords.get("accepted") !== undefined) ||
    model.flag("TxCtrlr", "TxBeforeAcceptedEnabled");
  const usable = (evseId: number): boolean =>
    availability.usable(evseId) && mayTransact() && !reset.pending && rebooting === null && !firmware.blocksSessions;
  const monitoring = createMonitoring(context, (evseId) =>
    evseId === undefined
      ? (transactions.running()[0]?.transactionId ?? null)
      : (transactions.of(evseId)?.transactionId ?? null),
  );
  const display = createDisplay(
    context,
    {
      state() {
        if (transactions.running().some((transaction) => transaction.chargingState === "Charging")) return "Charging";
        const station = model.text("ChargingStation", "AvailabilityState");
        return station === "Faulted" || station === "Unavailable" ? station : "Idle";
      },
      transactionEvse: (transactionId) => transactions.byId(transactionId)?.evseId ?? null,
    },
    (transactionId, totalCost) => {
      const transaction = transactions.byId(transactionId);
      if (transaction) transaction.totalCost = totalCost;
    },
  );
  const smartCharging = createSmartCharging(context, {
    transaction: (evseId) => transactions.of(evseId),
    running: () => transactions.running(),
  });
  const transactions = createTransactions(context, authorization, metering, {
    usable,
    claimPending: (evseId) => tokens.claim(evseId),
    reservationUsed: reservations.used,
    started: smartCharging.onStarted,
    ended(transaction) {
      smartCharging.onEnded(transaction);
      display.onTransactionEnded(transaction.transactionId, transaction.evseId, transaction.totalCost);
      availability.onTransactionEnded();
      reset.onTransactionEnded();
    },
    changed: availability.refresh,
    answered(transactionId, { totalCost, updatedPersonalMessage }) {
      const evseId = transactions.byId(transactionId)?.evseId;
      if (totalCost !== undefined) display.cost(transactionId, totalCost);
      if (evseId !== undefined) display.personal(evseId, updatedPersonalMessage);
    },
    showInfo: display.showInfo,
  });
  const tokens = createTokens(context, authorization, () => transactions, {
    usable,
    reservation: reservations.claim,
    showInfo: display.showInfo,
  });
  const reset = createReset(context, transactions, { reboot, withdrawnChanged: availability.enforce });
  const remote = createRemote(context, authorization, transactions, {
    accepted: () => boot.registration === "accepted",
    usable,
    reservation: reservations.claim,
    judgeProfile: (evseId, profile) => smartCharging.judgeStarting(evseId, profile)?.sentence ?? null,
    expect: tokens.expect,
    installProfile(evseId, profile) {
      smartCharging.hold(evseId, profile);
      const running = transactions.of(evseId);
      if (running) smartCharging.onStarted(running);
    },
    triggers: {
      BootNotification: boot.trigger,
      Heartbeat: always(boot.heartbeat),
      StatusNotification: always(availability.report),
      MeterValues: always((evseId) => metering.report(evseId, "Trigger")),
      TransactionEvent: always(transactions.trigger),
      LogStatusNotification: always(() => diagnostics.trigger()),
      FirmwareStatusNotification: always(() => firmware.trigger()),
      SignChargingStationCertificate: always(() => certificateBlock.request("ChargingStationCertificate")),
      SignV2GCertificate: always(() => certificateBlock.request("V2GCertificate")),
      SignCombinedCertificate: always(() => certificateBlock.request("ChargingStationCertificate")),
    },
  });
  const dataTransfer = createDataTransfer(context, smartCharging, (evseId) => transactions.of(evseId));

  const externalLimits = createExternalLimits(context, smartCharging, {
    running: transactions.running,
    rateChanged: (evseId) => transactions.note(evseId, { triggerReason: "ChargingRateChanged" }),
  });
  const iso15118 = createIso15118Relay(context, smartCharging);
  const firmware = createFirmware(context, options.files, {
    roots: () => certificates.roots("ManufacturerRootCertificate"),
    blocked() {
      if (transactions.running().length > 0) return "a transaction is running";
      if (port.site.islanded) return "the site is islanded";
      return port.evses.some((view) => view.powerW < -flowThresholdW) ? "a vehicle is being discharged" : null;
    },
    pendingChanged: availability.enforce,
    reboot,
  });
  const certificateBlock = createCertificateBlock(context, certificates, {
    encrypted: () => network.encrypted(),
    ownChanged(use) {
      if (use === "ChargingStationCertificate" && network.securityProfile() === 3)
        session.disconnect("New certificate", 0);
    },
  });
  const diagnostics = createDiagnostics(context, options.files, securityLog, {
    find: (match) => [
      ...authorization
        .known()
        .filter(({ token }) => match(token))
        .map(({ token, info }) => `token ${token.idToken} (${token.type}): ${info.status}`),
      ...transactions
        .running()
        .filter(({ startedBy }) => startedBy && match(startedBy))
        .map(({ transactionId, evseId }) => `transaction ${transactionId} at EVSE ${evseId}`),
    ],
    clear(match) {
      for (const { token } of authorization.known()) if (match(token)) authorization.forget(token);
    },
  });

  const blocks: Block[] = [
    variables,
    network,
    localList,
    authorization,
    metering,
    availability,
    reservations,
    smartCharging,
    transactions,
    reset,
    remote,
    dataTransfer,
    monitoring,
    display,
    firmware,
    certificateBlock,
    diagnostics,
  ];
  for (const block of blocks) {
    for (const action of Object.keys(block.handlers)) invariant(!(action in handlers), `one block answers ${action}`);
    Object.assign(handlers, block.handlers);
  }
  provideSite(context, createZone(config.timeZone));

  let poll: Cancel | null = null;
  let lastConnectEvent = "";
  const faulted = new Set<number>();

  function accepted(offlineMs: number, newlyRegistered: boolean): void {
    bootRecords.put("accepted", { reason: firstReason });
    for (const block of blocks) block.onAccepted?.(newlyRegistered ? Number.POSITIVE_INFINITY : offlineMs);
    if (newlyRegistered) firmware.onBoot(bootReason);
  }

  function onConnectFailed(error: ConnectError): void {
    const event = {
      credentials: "FailedToAuthenticateAtCsms",
      certificate: "InvalidCsmsCertificate",
      "tls-version": "InvalidTLSVersion",
      "tls-cipher": "InvalidTLSCipherSuite",
      network: null,
      http: null,
      subprotocol: null,
    }[error.kind];
    // One event for each cause, not one for each attempt.
    if (event && event !== lastConnectEvent) securityLog.record(event, error.message);
    lastConnectEvent = event ?? "";
    if (error.kind === "credentials") passwords.failed();
  }

  /** Says what is still to be said, so that the backend hears of ends and statuses before the boot, and starts anew. */
  function reboot(reason: BootReason): void {
    if (rebooting !== null) return;
    rebooting = reason;
    bootReason = reason;
    bootRecords.put("next", { reason });
    securityLog.record("ResetOrReboot", reason);
    session.drain(lastWordsMaxMs, () => {
      rebooting = null;
      boot.restart(reason);
      session.disconnect("Reset", rebootMs);
      port.reset(0, reason === "ScheduledReset" ? "OnIdle" : "Immediate");
    });
  }

  function look(): void {
    poll?.();
    transactions.poll();
    availability.refresh();
    port.evses.forEach((view, index) => {
      const evseId = index + 1;
      if (view.faulted === faulted.has(evseId)) return;
      if (view.faulted) {
        faulted.add(evseId);
        reservations.onUnusable(evseId);
      } else faulted.delete(evseId);
      monitoring.alert(
        { name: "EVSE", evse: { id: evseId } },
        { name: "Problem" },
        String(view.faulted),
        faultSeverity,
        !view.faulted,
      );
    });
    poll = clock.after("facts", config.pollMs, look);
  }

  model.onChange("SecurityCtrlr", "BasicAuthPassword", () => {
    securityLog.record("ReconfigurationOfSecurityParameters", "basic authentication password");
    context.afterAnswer("new password", () => session.disconnect("New password", 0));
  });

  return {
    model,
    externalLimits,
    iso15118,
    certificates,
    start() {
      securityLog.record("StartupOfTheDevice", `reason ${firstReason}`);
      availability.start();
      reservations.start();
      transactions.recover();
      smartCharging.start();
      monitoring.start();
      display.start();
      certificateBlock.start();
      look();
      session.start();
    },
    stop() {
      session.stop();
      cancelAll();
    },
    factsChanged: look,
    presentToken: tokens.present,
    stopTransaction: (transactionId) => transactions.stop(transactionId, "StopAuthorized", "Local"),
    transactions: transactions.running,
    status: () => ({
      connection: session.state,
      registration: boot.registration,
      clockOffsetMs: boot.toldOffsetMs,
      queued: store.queued() + session.parked(),
      activeSlot: network.activeSlot(),
      securityProfile: network.securityProfile(),
      connectors: config.evses.map((_, index) => availability.status(index + 1)),
    }),
  };
}

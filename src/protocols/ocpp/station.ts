/**
 * The OCPP 2.0.1 charging station: every functional block wired to the session, the device model, the store and the
 * site. `createOcppStation` composes; what each use case does is in its block's file.
 */
import { createSecurityLog } from "./a-security-log.ts";
import { createBoot } from "./b-boot.ts";
import { type Credentials, createNetwork } from "./b-network.ts";
import { createReset } from "./b-reset.ts";
import { createVariables } from "./b-variables.ts";
import { type ContractCertificate, createAuthorization } from "./c-authorization.ts";
import { scopeClock } from "./clock.ts";
import type { OcppConfig } from "./config.ts";
import { type Block, type Context, collectionOf } from "./context.ts";
import { createLocalList } from "./d-local-list.ts";
import { createDeviceModel, type DeviceModel } from "./device-model.ts";
import { createTokens, type Presented } from "./e-tokens.ts";
import { createTransactions } from "./e-transactions.ts";
import { createRemote } from "./f-remote.ts";
import { createAvailability } from "./g-availability.ts";
import { createReservations } from "./h-reservation.ts";
import { createMetering } from "./j-metering.ts";
import { createSmartCharging } from "./k-smart-charging.ts";
import type { BootReason, ConnectorStatus, Handlers, IdToken } from "./messages.table.ts";
import { createDataTransfer } from "./p-data-transfer.ts";
import type { Cancel, OcppClock, OcppLog, OcppStore, StationPort } from "./ports.ts";
import { createRpcTransport } from "./rpc-transport.ts";
import { createSession, type SessionState } from "./session.ts";
import { provideSite } from "./site-variables.ts";
import { createZone } from "./timezone.ts";
import type { Transaction } from "./transaction.ts";
import type { ConnectError, TransportFactory } from "./transport.ts";

/** How long the station stays away after a reset before it connects again, ms. */
const rebootMs = 1_000;

export interface OcppStation {
  start(): void;
  stop(): void;
  /** Somebody knows of a change at the plug or the power: look now instead of at the next poll. */
  factsChanged(): void;
  /** A token was presented at a reader, by the vehicle (contract certificate) or by somebody at the page. */
  presentToken(token: IdToken, evseId?: number, contract?: ContractCertificate): Promise<Presented>;
  /** Stops from inside (a button, the page, a protection). */
  stopTransaction(transactionId: string): boolean;
  transactions(): readonly Transaction[];
  status(): OcppStatus;
  readonly model: DeviceModel;
}

/** For pages and logs. */
export interface OcppStatus {
  connection: SessionState;
  registration: "unregistered" | "pending" | "rejected" | "accepted";
  queued: number;
  activeSlot: number;
  securityProfile: number;
  connectors: ConnectorStatus[];
}

export interface StationOptions {
  transport?: TransportFactory;
  log?: OcppLog;
}

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
  const bootRecords = collectionOf<BootRecord>(store, "boot");
  const firstReason: BootReason = bootRecords.get("next")?.reason ?? "PowerUp";
  bootRecords.remove("next");
  const securityLog = createSecurityLog(store, () => context);
  const secrets = collectionOf<string>(store, "secret");

  const credentials: Credentials = {
    password: () => secrets.get("basic-auth") ?? config.basicAuthPassword,
    roots: () => config.tls?.ca ?? [],
    clientCertificate: () =>
      config.tls?.cert !== undefined && config.tls.key !== undefined
        ? { cert: config.tls.cert, key: config.tls.key }
        : null,
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
    enqueue(action, payload, of) {
      store.enqueue({
        action,
        payload: JSON.stringify(payload),
        transactionId: of?.transactionId ?? "",
        seqNo: of?.seqNo ?? -1,
        droppable: of?.droppable ?? false,
      });
      session.pump();
    },
    securityEvent: securityLog.record,
    afterAnswer: (name, run) => void clock.after(name, 0, run),
  };

  const variables = createVariables(context);
  const localList = createLocalList(context);
  const authorization = createAuthorization(context, localList);
  const metering = createMetering(context);
  const availability = createAvailability(context, {
    inUse: (evseId) => port.evses[evseId - 1]?.connected === true || transactions.of(evseId) !== null,
    running: (evseId) => transactions.of(evseId) !== null,
    reserved: (evseId) => reservations.reserved(evseId),
  });
  const reservations = createReservations(context, {
    state: (evseId) => {
      const status = availability.status(evseId);
      return status === "Faulted"
        ? "faulted"
        : status === "Unavailable"
          ? "unavailable"
          : status === "Occupied"
            ? "occupied"
            : "free";
    },
    changed: availability.refresh,
  });
  const mayTransact = (): boolean =>
    boot.registration === "accepted" || everAccepted() || model.flag("TxCtrlr", "TxBeforeAcceptedEnabled");
  const smartCharging = createSmartCharging(context, {
    transaction: (evseId) => transactions.of(evseId),
    running: () => transactions.running(),
  });
  const transactions = createTransactions(context, authorization, metering, {
    usable: (evseId) => availability.usable(evseId) && mayTransact() && !reset.pending,
    claimPending: (evseId) => tokens.claim(evseId),
    reservationUsed: reservations.used,
    started: smartCharging.onStarted,
    ended(transaction) {
      smartCharging.onEnded(transaction);
      availability.onTransactionEnded();
      reset.onTransactionEnded();
    },
    changed: availability.refresh,
    answered: () => undefined,
    showInfo: () => undefined,
  });
  const tokens = createTokens(context, authorization, () => transactions, {
    usable: (evseId) => availability.usable(evseId) && mayTransact() && !reset.pending,
    reservation: reservations.claim,
    showInfo: () => undefined,
  });
  const reset = createReset(context, transactions, reboot);
  const remote = createRemote(context, authorization, transactions, {
    accepted: () => boot.registration === "accepted",
    usable: (evseId) => availability.usable(evseId) && !reset.pending,
    reservation: reservations.claim,
    judgeProfile: (evseId, profile) => smartCharging.judgeStarting(evseId, profile)?.sentence ?? null,
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
    },
  });
  const dataTransfer = createDataTransfer(context, smartCharging, (evseId) => transactions.of(evseId));

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
  ];
  for (const block of blocks) Object.assign(handlers, block.handlers);
  provideSite(context, createZone(config.timeZone));

  let poll: Cancel | null = null;
  let lastAlarms = "";

  function everAccepted(): boolean {
    return bootRecords.get("accepted") !== undefined;
  }

  function accepted(offlineMs: number, newlyRegistered: boolean): void {
    bootRecords.put("accepted", { reason: firstReason });
    for (const block of blocks) block.onAccepted?.(newlyRegistered ? Number.POSITIVE_INFINITY : offlineMs);
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
    if (event && event !== lastAlarms) securityLog.record(event, error.message);
    lastAlarms = event ?? "";
  }

  function reboot(reason: BootReason): void {
    bootRecords.put("next", { reason });
    securityLog.record("ResetOrReboot", reason);
    boot.restart(reason);
    session.disconnect("Reset", rebootMs);
    port.reset(0, reason === "ScheduledReset" ? "OnIdle" : "Immediate");
  }

  function look(): void {
    poll?.();
    transactions.poll();
    availability.refresh();
    poll = clock.after("facts", config.pollMs, look);
  }

  return {
    model,
    start() {
      securityLog.record("StartupOfTheDevice", `reason ${firstReason}`);
      for (let evseId = 1; evseId <= config.evses.length; evseId++)
        port.setOperative(evseId, availability.operative(evseId));
      reservations.start();
      transactions.recover();
      smartCharging.start();
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
      queued: store.queued(),
      activeSlot: network.activeSlot(),
      securityProfile: network.securityProfile(),
      connectors: config.evses.map((_, index) => availability.status(index + 1)),
    }),
  };
}

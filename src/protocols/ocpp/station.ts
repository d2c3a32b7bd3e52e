/**
 * The OCPP 2.0.1 charging station: every functional block wired to the session, the device model, the store and the
 * site. `createOcppStation` composes; what each use case does is in its block's file.
 */

import { createBoot } from "./blocks/b-boot.ts";
import { createNetwork } from "./blocks/b-network.ts";
import { scopeClock } from "./clock.ts";
import type { OcppConfig } from "./config.ts";
import type { Context } from "./context.ts";
import { createDeviceModel } from "./device-model/device-model.ts";
import { provideSite } from "./device-model/site-variables.ts";
import type { OcppClock, OcppLog, OcppStore, StationPort } from "./ports.ts";
import { createRestarts } from "./restarts.ts";
import { createSecurityLog } from "./security/a-security-log.ts";
import { createConnectFailures } from "./security/connect-failures.ts";
import { createTrust } from "./security/trust.ts";
import { createZone } from "./smart-charging/timezone.ts";
import type { OcppStation, StationOptions } from "./station-api.ts";
import { type Blocks, createBlocks, handlersOf } from "./station-blocks.ts";
import { createContext } from "./station-context.ts";
import { createStationWatch } from "./station-watch.ts";
import type { Handlers } from "./transport/messages.table.ts";
import { createRpcTransport } from "./transport/rpc-transport.ts";
import { createSession } from "./transport/session.ts";

export type { OcppStation, StationOptions } from "./station-api.ts";

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
  const securityLog = createSecurityLog(store, () => context);
  const { certificates, passwords, credentials } = createTrust(config, store, model);
  const restarts = createRestarts(store, { port, securityLog, session: () => session, boot: () => boot });
  const network = createNetwork({
    config,
    model,
    store,
    log,
    credentials,
    onSecurityProfile: (profile) =>
      securityLog.record("ReconfigurationOfSecurityParameters", `security profile ${profile}`),
  });
  const boot = createBoot(
    () => context,
    restarts.firstReason,
    (offlineMs, newlyRegistered) => {
      restarts.noteAccepted();
      for (const block of blocks.all) block.onAccepted?.(newlyRegistered ? Number.POSITIVE_INFINITY : offlineMs);
      if (newlyRegistered) blocks.firmware.onBoot(restarts.lastReason());
    },
  );
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
        for (const block of blocks.all) block.onOffline?.();
      },
      onConnectFailed: createConnectFailures(securityLog, passwords),
      onDelivered: (message, response) => blocks.transactions.onDelivered(message, response),
      onBadFrame: (description) => securityLog.record("InvalidMessages", description),
      onTraffic: boot.onTraffic,
    },
    handlers,
  );
  const context: Context = createContext({ config, port, store, clock, log, model, session, boot, securityLog });
  const { files } = options;
  const blocks: Blocks = createBlocks({ context, boot, network, certificates, securityLog, restarts, files });
  Object.assign(handlers, handlersOf(blocks.all));
  provideSite(context, createZone(config.timeZone));

  const look = createStationWatch(context, blocks);
  model.onChange("SecurityCtrlr", "BasicAuthPassword", () => {
    securityLog.record("ReconfigurationOfSecurityParameters", "basic authentication password");
    context.afterAnswer("new password", () => session.disconnect("New password", 0));
  });

  return {
    model,
    externalLimits: blocks.externalLimits,
    iso15118: blocks.iso15118,
    certificates,
    start() {
      securityLog.record("StartupOfTheDevice", `reason ${restarts.firstReason}`);
      blocks.availability.start();
      blocks.reservations.start();
      blocks.transactions.recover();
      blocks.smartCharging.start();
      blocks.derControl.start();
      blocks.monitoring.start();
      blocks.display.start();
      blocks.certificateBlock.start();
      look();
      session.start();
    },
    stop() {
      session.stop();
      cancelAll();
    },
    factsChanged: look,
    presentToken: blocks.tokens.present,
    stopTransaction: (transactionId) => blocks.transactions.stop(transactionId, "StopAuthorized", "Local"),
    transactions: blocks.transactions.running,
    status: () => ({
      connection: session.state,
      version: session.version,
      registration: boot.registration,
      clockOffsetMs: boot.toldOffsetMs,
      queued: store.queued() + session.parked(),
      activeSlot: network.activeSlot(),
      securityProfile: network.securityProfile(),
      connectors: config.evses.map((_, index) => blocks.availability.status(index + 1)),
    }),
  };
}

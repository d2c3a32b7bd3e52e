/** The functional blocks of a station, each told what it needs of the others. */
import { invariant } from "../../domain/result.ts";
import { createFlexibility } from "./bidirectional/flexibility.ts";
import { createBidirectional } from "./bidirectional/q-bidirectional.ts";
import type { Boot } from "./blocks/b-boot.ts";
import type { Network } from "./blocks/b-network.ts";
import { createReset } from "./blocks/b-reset.ts";
import { createVariables } from "./blocks/b-variables.ts";
import { createAuthorization } from "./blocks/c-authorization.ts";
import { createLocalList } from "./blocks/d-local-list.ts";
import { createRemote, type RemoteFacts } from "./blocks/f-remote.ts";
import { type Availability, createAvailability } from "./blocks/g-availability.ts";
import { createReservations } from "./blocks/h-reservation.ts";
import { createFirmware, type Firmware } from "./blocks/l-firmware.ts";
import { createDiagnostics, type Diagnostics } from "./blocks/n-diagnostics.ts";
import { createDisplay, type Display, type DisplayFacts } from "./blocks/o-display.ts";
import { createDataTransfer } from "./blocks/p-data-transfer.ts";
import type { Block, Context } from "./context.ts";
import { customersOf } from "./customers.ts";
import { createDerControl } from "./der/r-der-control.ts";
import { createMonitoring } from "./monitoring/n-monitoring.ts";
import type { FilePort } from "./ports.ts";
import type { Restarts } from "./restarts.ts";
import type { SecurityLog } from "./security/a-security-log.ts";
import type { Certificates } from "./security/certificates.ts";
import { type CertificateBlock, type CertificateFacts, createCertificateBlock } from "./security/m-certificates.ts";
import type { SmartChargingFacts } from "./smart-charging/charging-limits.ts";
import { createExternalLimits } from "./smart-charging/k-external.ts";
import { createIso15118Relay } from "./smart-charging/k-iso15118.ts";
import { createSmartCharging } from "./smart-charging/k-smart-charging.ts";
import { createTokens } from "./transactions/e-tokens.ts";
import { createTransactions, type Transactions } from "./transactions/e-transactions.ts";
import { createMetering, type Metering } from "./transactions/j-metering.ts";
import { flowThresholdW, type Transaction } from "./transactions/transaction.ts";
import type { Handlers, ResponseOf } from "./transport/messages.table.ts";
import type { Session } from "./transport/session.ts";
/** What blocks need that is no block itself. */
export interface BlockPorts {
  readonly context: Context;
  readonly boot: Boot;
  readonly network: Network;
  readonly certificates: Certificates;
  readonly securityLog: SecurityLog;
  readonly restarts: Restarts;
  readonly files: FilePort | undefined;
}

/** A way to send a message on request that cannot be refused. */
const always =
  (send: (evseId: number) => void) =>
  (evseId: number): boolean => {
    send(evseId);
    return true;
  };

/** The blocks that send a message on request. */
interface Triggered {
  readonly boot: Boot;
  readonly availability: Availability;
  readonly metering: Metering;
  readonly transactions: Transactions;
  readonly diagnostics: Diagnostics;
  readonly firmware: Firmware;
  readonly certificateBlock: CertificateBlock;
}

/** What each TriggerMessage sends; the blocks are asked for when one comes. */
const triggersOf = (blocks: () => Triggered): RemoteFacts["triggers"] => ({
  BootNotification: () => blocks().boot.trigger(),
  Heartbeat: always(() => blocks().boot.heartbeat()),
  StatusNotification: always((evseId) => blocks().availability.report(evseId)),
  MeterValues: always((evseId) => blocks().metering.report(evseId, "Trigger")),
  TransactionEvent: always((evseId) => blocks().transactions.trigger(evseId)),
  LogStatusNotification: always(() => blocks().diagnostics.trigger()),
  FirmwareStatusNotification: always(() => blocks().firmware.trigger()),
  SignChargingStationCertificate: always(() => blocks().certificateBlock.request("ChargingStationCertificate")),
  SignV2GCertificate: always(() => blocks().certificateBlock.request("V2GCertificate")),
  SignCombinedCertificate: always(() => blocks().certificateBlock.request("ChargingStationCertificate")),
});

/** What people at the station see it do. */
function stationState({ model }: Context, running: readonly Transaction[]): ReturnType<DisplayFacts["state"]> {
  if (running.some((transaction) => transaction.chargingState === "Charging")) return "Charging";
  const station = model.text("ChargingStation", "AvailabilityState");
  return station === "Faulted" || station === "Unavailable" ? station : "Idle";
}

/** Why firmware can't be installed now, or null. */
function whyNoUpdate({ port }: Context, running: readonly Transaction[]): string | null {
  if (running.length > 0) return "a transaction is running";
  if (port.site.islanded) return "the site is islanded";
  return port.evses.some((view) => view.powerW < -flowThresholdW) ? "a vehicle is being discharged" : null;
}

/** The transaction at an EVSE, or the first one at the station; null where none runs. */
const transactionIdAt = (transactions: Transactions, evseId: number | undefined): string | null =>
  (evseId === undefined ? transactions.running()[0] : transactions.of(evseId))?.transactionId ?? null;

/** A transaction that waits for its cable to come back does not occupy the connector (use case E10). */
function isInUse({ port }: Context, transactions: Transactions, evseId: number): boolean {
  if (port.evses[evseId - 1]?.connected) return true;
  const transaction = transactions.of(evseId);
  return transaction !== null && !transaction.seen.includes("EVConnected");
}

/** What charging profiles need to know of the transactions. */
const profileFacts = (transactions: () => Transactions): SmartChargingFacts => ({
  transaction: (evseId) => transactions().of(evseId),
  running: () => transactions().running(),
  chargesOnly: (evseId) =>
    transactions()
      .authorityOf(evseId)
      ?.transfers?.every((one) => !one.includes("BPT")) === true,
  modeChanged(evseId, operationMode) {
    const transaction = transactions().of(evseId);
    if (transaction) transaction.operationMode = operationMode;
    transactions().note(evseId, { triggerReason: "OperationModeChanged" });
  },
});

/** What an answer says of costs, and to the driver. */
function tellPrice(
  display: Display,
  evseId: number | undefined,
  transactionId: string,
  { totalCost, updatedPersonalMessage }: ResponseOf<"TransactionEvent">,
): void {
  if (totalCost !== undefined) display.cost(transactionId, totalCost);
  if (evseId !== undefined) display.personal(evseId, updatedPersonalMessage);
}

/** What becomes of a new certificate of our own. */
const certificateFacts = (network: Network, session: Session): CertificateFacts => ({
  encrypted: () => network.encrypted(),
  ownChanged(use) {
    if (use === "ChargingStationCertificate" && network.securityProfile() === 3)
      session.disconnect("New certificate", 0);
  },
});

/** Makes the blocks. Nothing of them acts before they are started. */
export function createBlocks({ context, boot, network, certificates, securityLog, restarts, files }: BlockPorts) {
  const { model, session } = context;
  const variables = createVariables(context);
  const localList = createLocalList(context);
  const authorization = createAuthorization(context, localList);
  const metering = createMetering(context);
  const availability = createAvailability(context, {
    inUse: (evseId) => isInUse(context, transactions, evseId),
    running: (evseId) => transactions.of(evseId) !== null,
    reserved: (evseId) => reservations.reserved(evseId),
    awaited: (evseId) => reservations.names(evseId) && transactions.authorityOf(evseId) === null,
    withdrawn: (evseId) =>
      reset.resetting(evseId) ||
      (transactions.of(evseId) === null && (firmware.blocksSessions || restarts.rebooting() === "FirmwareUpdate")),
  });
  const reservations = createReservations(context, {
    state: (evseId) => availability.occupancy(evseId),
    changed: availability.refresh,
  });
  /** Before its first acceptance a station charges nobody; later it does so while there is no backend to ask. */
  const mayTransact = (): boolean =>
    boot.registration === "accepted" ||
    (!session.online && restarts.everAccepted()) ||
    model.flag("TxCtrlr", "TxBeforeAcceptedEnabled");
  const usable = (evseId: number): boolean =>
    availability.usable(evseId) &&
    mayTransact() &&
    !reset.pending &&
    restarts.rebooting() === null &&
    !firmware.blocksSessions;
  const monitoring = createMonitoring(context, (evseId) => transactionIdAt(transactions, evseId));
  const display = createDisplay(
    context,
    {
      state: () => stationState(context, transactions.running()),
      transactionEvse: (transactionId) => transactions.byId(transactionId)?.evseId ?? null,
    },
    (transactionId, totalCost) => {
      const transaction = transactions.byId(transactionId);
      if (transaction) transaction.totalCost = totalCost;
    },
  );
  const flexibility = createFlexibility(context.store);
  const smartCharging = createSmartCharging(
    context,
    profileFacts(() => transactions),
    flexibility,
  );
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
    answered: (transactionId, answer) =>
      tellPrice(display, transactions.byId(transactionId)?.evseId, transactionId, answer),
    showInfo: display.showInfo,
  });
  const tokens = createTokens(context, authorization, () => transactions, {
    usable,
    reservation: reservations.claim,
    showInfo: display.showInfo,
  });
  const reset = createReset(context, transactions, { reboot: restarts.reboot, withdrawnChanged: availability.enforce });
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
    triggers: triggersOf(() => ({
      boot,
      availability,
      metering,
      transactions,
      diagnostics,
      firmware,
      certificateBlock,
    })),
  });
  const dataTransfer = createDataTransfer(context, smartCharging, (evseId) => transactions.of(evseId));

  const externalLimits = createExternalLimits(context, smartCharging, {
    running: transactions.running,
    rateChanged: (evseId) => transactions.note(evseId, { triggerReason: "ChargingRateChanged" }),
  });
  const bidirectional = createBidirectional(context, smartCharging, flexibility, transactions);
  const derControl = createDerControl(context, smartCharging, flexibility);
  const iso15118 = createIso15118Relay(context, smartCharging);
  const firmware = createFirmware(context, files, {
    roots: () => certificates.roots("ManufacturerRootCertificate"),
    blocked: () => whyNoUpdate(context, transactions.running()) ?? files?.mayInstall?.() ?? null,
    pendingChanged: availability.enforce,
    reboot: restarts.reboot,
  });
  const certificateBlock = createCertificateBlock(context, certificates, certificateFacts(network, session));
  const diagnostics = createDiagnostics(context, files, securityLog, customersOf(authorization, transactions));

  const all: readonly Block[] = [
    variables,
    network,
    localList,
    authorization,
    metering,
    availability,
    reservations,
    smartCharging,
    bidirectional,
    derControl,
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
  return {
    all,
    availability,
    bidirectional,
    certificateBlock,
    derControl,
    display,
    externalLimits,
    firmware,
    iso15118,
    monitoring,
    reservations,
    smartCharging,
    tokens,
    transactions,
  };
}

/** The blocks of a station. */
export type Blocks = ReturnType<typeof createBlocks>;

/** One block's answer for each request. */
export function handlersOf(blocks: readonly Block[]): Handlers {
  const handlers: Handlers = {};
  for (const block of blocks) {
    for (const action of Object.keys(block.handlers)) invariant(!(action in handlers), `one block answers ${action}`);
    Object.assign(handlers, block.handlers);
  }
  return handlers;
}

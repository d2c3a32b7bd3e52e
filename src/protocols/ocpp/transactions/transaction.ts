/** The pure part of a transaction: its record, when it starts and stops, and which charging state an EVSE is in. */

import type { EvseView } from "../ports.ts";
import type {
  ChargingState,
  EnergyTransfer,
  IdToken,
  IdTokenInfo,
  MeterValue,
  OperationMode,
  RequestOf,
  ResponseOf,
  StoppedReason,
  TriggerReason,
} from "../transport/messages.table.ts";

/** TxStartPoint and TxStopPoint, as what must be (or stay) true. */
export type TxPoint =
  | "ParkingBayOccupancy"
  | "EVConnected"
  | "Authorized"
  | "DataSigned"
  | "PowerPathClosed"
  | "EnergyTransfer";

/** Power below which nothing flows, W. */
export const flowThresholdW = 10;
/** A vehicle that takes nothing although power is offered must do so for this long to count as suspended, ms. */
const suspendSettleMs = 3_000;

/** Who has been authorised at an EVSE, before and during a transaction. */
export interface Authority {
  idToken: IdToken;
  groupIdToken?: IdToken;
  remoteStartId?: number;
  reservationId?: number;
  /** The token has been told in a TransactionEvent. */
  reported: boolean;
  /** The backend refused the token afterwards; energy register total at that moment, Wh. */
  refusedAtWh?: number;
  /** Transfers that the backend has allowed (2.1); absent where it has not said. */
  transfers?: readonly EnergyTransfer[];
}

/** A running transaction: durable together with each of its events. */
export interface Transaction {
  transactionId: string;
  evseId: number;
  seqNo: number;
  startedMs: number;
  chargingState: ChargingState;
  /** Points that have been true since the start. */
  seen: TxPoint[];
  authority: Authority | null;
  /** The token that started it, kept after its authority has ended. */
  startedBy: IdToken | null;
  remoteStartId?: number;
  /** First reason why it is about to end. */
  stoppedReason?: StoppedReason;
  /** Readings for the Ended event of a transaction that a version before this one began; kept apart since (`end-readings.ts`). */
  endReadings: MeterValue[];
  chargingMs: number;
  chargingSinceMs: number | null;
  evseReported: boolean;
  /** What the exchange follows (2.1), once that has been another than charging. */
  operationMode?: OperationMode;
  /** Backend's last word on the price. */
  totalCost?: number;
}

/** What transactions ask of, and tell, the rest of the station. */
export interface TransactionHooks {
  /** The EVSE may be used at all: operative, not faulted, not pending an update. */
  usable(evseId: number): boolean;
  /** Somebody who has been authorised without an EVSE and now plugs in here. */
  claimPending(evseId: number): Authority | null;
  reservationUsed(reservationId: number): void;
  started(transaction: Transaction): void;
  ended(transaction: Transaction): void;
  /** Occupancy may have changed. */
  changed(evseId: number): void;
  /** The backend's answer to an event: costs and messages for the driver. */
  answered(transactionId: string, response: ResponseOf<"TransactionEvent">): void;
  showInfo(evseId: number, info: IdTokenInfo): void;
}

/** What happened, with what to say about it. */
export interface Cause {
  triggerReason: TriggerReason;
  stoppedReason?: StoppedReason;
  idToken?: IdToken;
  meterValue?: MeterValue[];
  /** A mere reading: it can be dropped when the journal is full. */
  droppable?: boolean;
}

export interface Facts {
  view: EvseView;
  authority: Authority | null;
  chargingState: ChargingState;
}

/** Which points are true now. Signed data is available as soon as the power path is closed. */
export function truePoints({ view, authority, chargingState }: Facts): Set<TxPoint> {
  const points = new Set<TxPoint>();
  if (view.bayOccupied || view.connected) points.add("ParkingBayOccupancy");
  if (view.connected) points.add("EVConnected");
  if (authority) points.add("Authorized");
  if (view.connected && authority) points.add("DataSigned").add("PowerPathClosed");
  if (chargingState === "Charging") points.add("EnergyTransfer");
  return points;
}

export const shouldStart = (startPoints: readonly string[], now: ReadonlySet<TxPoint>): boolean =>
  startPoints.some((point) => now.has(point as TxPoint));

/** A transaction ends when a stop point that was true no longer is, or when nothing at all is true any more. */
export function shouldStop(
  stopPoints: readonly string[],
  seen: readonly TxPoint[],
  now: ReadonlySet<TxPoint>,
): boolean {
  return now.size === 0 || stopPoints.some((point) => seen.includes(point as TxPoint) && !now.has(point as TxPoint));
}

/** Whether somebody is authorised, and whether the service is withheld all the same (an invalid token). */
export type Service = "none" | "withheld" | "allowed";

/** The charging state of the moment; `suspendedForMs` is for how long nothing has flowed although power is offered. */
export function chargingStateOf(
  view: EvseView,
  service: Service,
  suspendedForMs: number,
  before: ChargingState,
): ChargingState {
  if (!view.connected) return "Idle";
  if (service === "none") return "EVConnected";
  if (Math.abs(view.powerW) > flowThresholdW) return "Charging";
  if (service === "withheld") return "SuspendedEVSE";
  if (!(Math.abs(view.setpointW) > flowThresholdW) && view.energyRequested) return "SuspendedEVSE";
  if (suspendedForMs >= suspendSettleMs || before === "SuspendedEV") return "SuspendedEV";
  return before === "Charging" || before === "SuspendedEVSE" ? before : "SuspendedEVSE";
}

/** The message about an event. `tell` is the authority when its token has not been told yet. */
export function eventOf(
  transaction: Transaction,
  eventType: RequestOf<"TransactionEvent">["eventType"],
  cause: Cause,
  tell: Authority | null,
  timestamp: string,
  offline: boolean,
): RequestOf<"TransactionEvent"> {
  const token = cause.idToken ?? tell?.idToken;
  const { meterValue = [] } = cause;
  const { transactionId, chargingState, chargingMs, stoppedReason, remoteStartId, operationMode } = transaction;
  return {
    eventType,
    timestamp,
    triggerReason: cause.triggerReason,
    seqNo: transaction.seqNo,
    offline,
    ...(tell?.reservationId !== undefined && { reservationId: tell.reservationId }),
    transactionInfo: {
      transactionId,
      chargingState,
      ...(chargingMs > 0 && { timeSpentCharging: Math.round(chargingMs / 1000) }),
      ...(eventType === "Ended" && stoppedReason && { stoppedReason }),
      ...(remoteStartId !== undefined && { remoteStartId }),
      ...(operationMode !== undefined && { operationMode }),
    },
    ...(token && { idToken: token }),
    ...((!transaction.evseReported || cause.triggerReason === "CablePluggedIn") && {
      evse: { id: transaction.evseId, connectorId: 1 },
    }),
    ...(meterValue.length > 0 && { meterValue }),
  };
}

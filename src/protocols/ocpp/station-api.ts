/** What the rest of the controller sees of the OCPP station. */
import type { ContractCertificate } from "./blocks/c-authorization.ts";
import type { DeviceModel } from "./device-model/device-model.ts";
import type { FilePort, OcppLog } from "./ports.ts";
import type { Certificates } from "./security/certificates.ts";
import type { ExternalLimits } from "./smart-charging/k-external.ts";
import type { Iso15118Relay } from "./smart-charging/k-iso15118.ts";
import type { Presented } from "./transactions/e-tokens.ts";
import type { Transaction } from "./transactions/transaction.ts";
import type { ConnectorStatus, IdToken } from "./transport/messages.table.ts";
import type { SessionState } from "./transport/session.ts";
import type { TransportFactory } from "./transport/transport.ts";
import type { Version } from "./transport/versions.ts";

/** A charging station of OCPP 2.0.1 as the controller uses it. */
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
  /** Limits from outside the backend (use cases K11–K14). */
  readonly externalLimits: ExternalLimits;
  /** What vehicle and backend say to each other through the station. */
  readonly iso15118: Iso15118Relay;
  /** Roots and own certificates, for the TLS of the vehicle side. */
  readonly certificates: Certificates;
}

/** For pages and logs. */
export interface OcppStatus {
  connection: SessionState;
  /** Of the connection, or of the last one. */
  version: Version;
  registration: "unregistered" | "pending" | "rejected" | "accepted";
  queued: number;
  activeSlot: number;
  securityProfile: number;
  /** The backend's clock minus ours, as told last; null before it has told. */
  clockOffsetMs: number | null;
  connectors: ConnectorStatus[];
}

export interface StationOptions {
  transport?: TransportFactory;
  log?: OcppLog;
  /** Absent: logs and firmware are refused. */
  files?: FilePort;
}

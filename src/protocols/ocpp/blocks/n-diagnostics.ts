/** N01, N09, N10: logs to where the backend wants them, and what is known about a customer. */

import { type Block, type Context, info, sameToken } from "../context.ts";
import type { Cancel, FilePort } from "../ports.ts";
import type { SecurityLog } from "../security/a-security-log.ts";
import type { IdToken, RequestOf, ResponseOf } from "../transport/messages.table.ts";
import { priority } from "../transport/waiting.ts";

const retriesMax = 10;
/** Characters of customer data in one message. */
const customerDataMax = 512;

type UploadStatus = RequestOf<"LogStatusNotification">["status"];

interface Upload {
  requestId: number;
  status: UploadStatus;
  abort: AbortController;
  retry: Cancel | null;
}

/** What the station keeps of a customer, for information and for deletion. */
export interface CustomerRecords {
  /** Sentences about a customer; found by token or by a free identifier. */
  find(match: (token: IdToken) => boolean): string[];
  clear(match: (token: IdToken) => boolean): void;
}

/** Upload of logs, and information on customers. */
export interface Diagnostics extends Block {
  /** TriggerMessage(LogStatusNotification). */
  trigger(): void;
}

export function createDiagnostics(
  context: Context,
  files: FilePort | undefined,
  securityLog: SecurityLog,
  customers: CustomerRecords,
): Diagnostics {
  const { session, clock } = context;
  let current: Upload | null = null;

  const tell = (status: UploadStatus, requestId?: number): void =>
    session.tell("LogStatusNotification", { status, ...(requestId !== undefined && { requestId }) });

  function set(upload: Upload, status: UploadStatus): void {
    upload.status = status;
    tell(status, upload.requestId);
  }

  async function content(request: RequestOf<"GetLog">): Promise<Uint8Array> {
    const fromMs = request.log.oldestTimestamp ? Date.parse(request.log.oldestTimestamp) : 0;
    const toMs = request.log.latestTimestamp ? Date.parse(request.log.latestTimestamp) : context.nowMs();
    if (request.logType === "DiagnosticsLog") return files!.diagnosticsLog(fromMs, toMs);
    return new TextEncoder().encode(
      securityLog
        .between(fromMs, toMs)
        .map((event) => `${JSON.stringify(event)}\n`)
        .join(""),
    );
  }

  async function run(
    upload: Upload,
    request: RequestOf<"GetLog">,
    fileName: string,
    attemptsLeft: number,
  ): Promise<void> {
    try {
      if (upload.status !== "Uploading") set(upload, "Uploading");
      await files!.upload(request.log.remoteLocation, fileName, await content(request), upload.abort.signal);
      if (current !== upload) return;
      set(upload, "Uploaded");
      current = null;
    } catch (error) {
      if (current !== upload) return;
      context.log("warn", `A log could not be uploaded: ${(error as Error).message}`);
      if (attemptsLeft <= 0) {
        set(upload, "UploadFailure");
        current = null;
        return;
      }
      upload.retry = clock.after(
        "log upload",
        (request.retryInterval ?? 60) * 1000,
        () => void run(upload, request, fileName, attemptsLeft - 1),
      );
    }
  }

  function getLog(request: RequestOf<"GetLog">): ResponseOf<"GetLog"> {
    if (!files) return { status: "Rejected", statusInfo: info("NotSupported", "This station transfers no files.") };
    const wrong = files.judge(request.log.remoteLocation);
    if (wrong !== null) return { status: "Rejected", statusInfo: info("InvalidURL", wrong) };
    const canceled = current;
    if (canceled) {
      canceled.abort.abort();
      canceled.retry?.();
    }
    const upload: Upload = { requestId: request.requestId, status: "Idle", abort: new AbortController(), retry: null };
    current = upload;
    const fileName = `${context.config.identity}-${request.logType}-${context.iso().replace(/[:.]/g, "-")}.log`.slice(
      0,
      255,
    );
    context.afterAnswer("log upload", () => {
      if (canceled) tell("AcceptedCanceled", canceled.requestId);
      void run(upload, request, fileName, Math.min(request.retries ?? 0, retriesMax));
    });
    return { status: canceled ? "AcceptedCanceled" : "Accepted", filename: fileName };
  }

  function customer(request: RequestOf<"CustomerInformation">): ResponseOf<"CustomerInformation"> {
    const { requestId, report, clear, idToken, customerIdentifier, customerCertificate } = request;
    const named = [idToken, customerIdentifier, customerCertificate].filter((one) => one !== undefined).length;
    if (named !== 1)
      return {
        status: "Invalid",
        statusInfo: info(
          "MissingParam",
          "Exactly one of idToken, customerIdentifier and customerCertificate is needed.",
        ),
      };
    if (!report && !clear)
      return { status: "Rejected", statusInfo: info("InvalidValue", "Neither report nor clear is asked for.") };
    const match = (token: IdToken): boolean =>
      idToken
        ? sameToken(token, idToken)
        : customerIdentifier !== undefined && token.idToken.toLowerCase() === customerIdentifier.toLowerCase();
    const data = report ? customers.find(match).join("\n") : "";
    if (clear) customers.clear(match);
    context.afterAnswer("customer information", () => sendCustomer(requestId, data));
    return { status: "Accepted" };
  }

  function sendCustomer(requestId: number, data: string): void {
    const generatedAt = context.iso();
    const parts = Math.max(Math.ceil(data.length / customerDataMax), 1);
    for (let seqNo = 0; seqNo < parts; seqNo++)
      session.tell(
        "NotifyCustomerInformation",
        {
          requestId,
          generatedAt,
          seqNo,
          tbc: seqNo < parts - 1,
          data: data.slice(seqNo * customerDataMax, (seqNo + 1) * customerDataMax),
        },
        { priority: priority.report },
      );
  }

  return {
    handlers: { GetLog: getLog, CustomerInformation: customer },
    trigger: () => (current ? tell(current.status, current.requestId) : tell("Idle")),
  };
}

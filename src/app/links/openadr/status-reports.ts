/**
 * What has become of an event that asks for something, told to its VTN without being asked: an operating state, and in a payload of
 * our own (`ISLET_REASON`) why less is done and what the first step would be. One report for each event, changed when that changes.
 */
import { type VtnClient, VtnError } from "../../../protocols/openadr/vtn-client.ts";

export interface EventStatus {
  readonly eventId: string;
  readonly state: string;
  /** "" where it is done as asked. */
  readonly reason: string;
}

/** A state that has not stood for so long is not told, ms; nor is one told more often than this. */
const settledMs = 1_500;
const againMs = 30_000;
const eventsMax = 200;

export interface StatusReports {
  look(all: readonly EventStatus[], nowMs: number): void;
}

export function createStatusReports(
  client: Pick<VtnClient, "call" | "list">,
  clientName: string,
  resourceName: string,
  onProblem: (sentence: string) => void,
): StatusReports {
  const known = new Map<
    string,
    { text: string; sinceMs: number; told: string; reportId: string; waitsUntilMs: number }
  >();
  let isSending = false;

  async function tell({ eventId, state, reason }: EventStatus, nowMs: number): Promise<void> {
    const entry = known.get(eventId)!;
    const period = { start: new Date(nowMs).toISOString(), duration: "PT0S" };
    const payloads = [
      { type: "OPERATING_STATE", values: [state] },
      ...(reason === "" ? [] : [{ type: "ISLET_REASON", values: [reason.slice(0, 1_000)] }]),
    ];
    const body = {
      eventID: eventId,
      clientName,
      reportName: `${clientName}-${eventId}-status`.slice(0, 128),
      payloadDescriptors: [{ objectType: "REPORT_PAYLOAD_DESCRIPTOR", payloadType: "OPERATING_STATE" }],
      resources: [{ resourceName, intervals: [{ id: 0, intervalPeriod: period, payloads }] }],
    };
    const text = entry.text;
    entry.waitsUntilMs = nowMs + againMs;
    try {
      if (entry.reportId === "") {
        const made = (await client.call("POST", "/reports", body)) as { readonly id?: unknown } | undefined;
        entry.reportId = typeof made?.id === "string" ? made.id : "";
      } else await client.call("PUT", `/reports/${encodeURIComponent(entry.reportId)}`, body);
      entry.told = text;
      entry.waitsUntilMs = nowMs + settledMs;
    } catch (failure) {
      const status = failure instanceof VtnError ? failure.status : 0;
      // One of an earlier run has its name: it is changed instead.
      if (status === 409) entry.reportId = await findReport(eventId, body.reportName);
      else if (status === 404) entry.told = text;
      else if (status >= 400 && status < 500 && status !== 401) {
        entry.told = text;
        onProblem(`The state of an event is not taken: ${(failure as Error).message}.`);
      }
    }
  }

  async function findReport(eventID: string, reportName: string): Promise<string> {
    try {
      const all = (await client.list("/reports", { eventID, clientName })) as { id?: unknown; reportName?: unknown }[];
      return String(all.find((one) => one.reportName === reportName)?.id ?? "");
    } catch {
      return "";
    }
  }

  return {
    look(all, nowMs) {
      for (const status of all) {
        const text = `${status.state} ${status.reason}`;
        let entry = known.get(status.eventId);
        if (entry === undefined) {
          if (known.size >= eventsMax) known.delete(known.keys().next().value ?? "");
          entry = { text: "", sinceMs: nowMs, told: "", reportId: "", waitsUntilMs: 0 };
          known.set(status.eventId, entry);
        }
        if (entry.text !== text) Object.assign(entry, { text, sinceMs: nowMs });
        const isDue = entry.told !== text && nowMs - entry.sinceMs >= settledMs && nowMs >= entry.waitsUntilMs;
        if (!isDue || isSending) continue;
        isSending = true;
        void tell(status, nowMs).finally(() => {
          isSending = false;
        });
      }
    },
  };
}

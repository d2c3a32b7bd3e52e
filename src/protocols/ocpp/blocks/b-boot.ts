/**
 * B01–B04: registration. Until the backend has accepted this station only BootNotification goes out; while it is
 * pending the backend may ask and gets its answers; while it is rejected nobody may say anything else.
 */

import type { Context } from "../context.ts";
import type { Cancel } from "../ports.ts";
import { backoffMs } from "../transport/backoff.ts";
import { OcppError } from "../transport/errors.ts";
import type { Action, BootReason, ResponseOf } from "../transport/messages.table.ts";
import { priority } from "../transport/waiting.ts";
import { createBackendTime } from "./b-time.ts";

/** What the backend has said to this station's boot. */
export type Registration = "unregistered" | "pending" | "rejected" | "accepted";

/** Used while a backend names no interval. */
const retryFallbackS = 60;

/** The gate that a boot opens: what may be said to the backend and what is answered until then. */
export interface Boot {
  readonly registration: Registration;
  permitsOut(action: Action, instructed: boolean): boolean;
  admit(action: Action): void;
  onOpen(offlineMs: number): void;
  onClosed(): void;
  onTraffic(): void;
  /** Registers anew after a reset. */
  restart(reason: BootReason): void;
  /** TriggerMessage(BootNotification): not while accepted. */
  trigger(): boolean;
  heartbeat(): void;
  /** What the station's time is ahead of the local clock, ms: 0 unless the backend is its source. */
  readonly clockOffsetMs: number;
  /** The backend's time minus the local clock's as told last, ms, whatever the source; null before. */
  readonly toldOffsetMs: number | null;
}

/** A station that has not booted yet; `onAccepted` runs each time that it is accepted. */
export function createBoot(
  context: () => Context,
  firstReason: BootReason,
  onAccepted: (offlineMs: number, newlyRegistered: boolean) => void,
): Boot {
  let registration: Registration = "unregistered";
  let reason = firstReason;
  let retry: Cancel | null = null;
  let beat: Cancel | null = null;
  let failures = 0;
  let asking = false;
  /** Asked for by the backend while another registration was under way: it follows. */
  let triggered = false;
  let offline = 0;
  const time = createBackendTime(context);

  const retryIn = (delayMs: number): void => {
    retry?.();
    retry = context().clock.after("boot notification", delayMs, () => {
      retry = null;
      void notify(reason);
    });
  };

  async function notify(withReason: BootReason): Promise<void> {
    const { config, session, log, model, clock } = context();
    if (asking) return;
    asking = true;
    try {
      const response = await session.call(
        "BootNotification",
        {
          reason: withReason,
          chargingStation: {
            model: config.model.slice(0, 20),
            vendorName: config.vendorName.slice(0, 50),
            serialNumber: config.serialNumber.slice(0, 25),
            firmwareVersion: config.firmwareVersion.slice(0, 50),
          },
        },
        { priority: priority.boot, instructed: true },
      );
      failures = 0;
      answered(response);
    } catch (error) {
      log("warn", `The backend did not answer the boot notification: ${(error as Error).message}`);
      failures += 1;
      const settings = {
        waitMinimumS: model.number("OCPPCommCtrlr", "RetryBackOffWaitMinimum"),
        randomRangeS: model.number("OCPPCommCtrlr", "RetryBackOffRandomRange"),
        repeatTimes: model.number("OCPPCommCtrlr", "RetryBackOffRepeatTimes"),
      };
      if (session.online) retryIn(backoffMs(settings, failures, clock.random()));
    } finally {
      asking = false;
    }
    if (!triggered) return;
    triggered = false;
    if (registration !== "accepted" && session.online) void notify("Triggered");
  }

  function answered(response: ResponseOf<"BootNotification">): void {
    const { log, model } = context();
    time.adopt(response.currentTime);
    log(
      response.status === "Accepted" ? "info" : "warn",
      `The backend's answer to the registration: ${response.status}.`,
    );
    registration = response.status === "Accepted" ? "accepted" : response.status === "Pending" ? "pending" : "rejected";
    if (registration !== "accepted") {
      retryIn((response.interval > 0 ? response.interval : retryFallbackS) * 1000);
      return;
    }
    retry?.();
    retry = null;
    if (response.interval > 0) model.put("OCPPCommCtrlr", "HeartbeatInterval", String(response.interval));
    armHeartbeat();
    onAccepted(offline, true);
    context().session.pump();
  }

  function armHeartbeat(): void {
    const { clock, model } = context();
    beat?.();
    beat = clock.after("heartbeat", model.number("OCPPCommCtrlr", "HeartbeatInterval") * 1000, () => {
      heartbeat();
      armHeartbeat();
    });
  }

  function heartbeat(): void {
    const { session, log } = context();
    session.call("Heartbeat", {}, { priority: priority.status }).then(
      ({ currentTime }) => time.adopt(currentTime),
      (error: Error) => log("debug", `No answer to the heartbeat: ${error.message}`),
    );
  }

  return {
    get registration() {
      return registration;
    },
    permitsOut: (action, instructed) =>
      registration === "accepted" || action === "BootNotification" || (registration === "pending" && instructed),
    admit(action) {
      if (registration === "unregistered" || registration === "rejected")
        throw new OcppError("SecurityError", `${action} is not allowed before this station has been accepted.`);
    },
    onOpen(offlineMs) {
      offline = offlineMs;
      if (registration !== "accepted") return void notify(reason);
      armHeartbeat();
      onAccepted(offlineMs, false);
    },
    onClosed() {
      beat?.();
      retry?.();
      beat = retry = null;
      triggered = false;
      if (registration !== "accepted") registration = "unregistered";
    },
    onTraffic() {
      if (beat) armHeartbeat();
    },
    restart(newReason) {
      registration = "unregistered";
      reason = newReason;
    },
    trigger() {
      if (registration === "accepted") return false;
      if (asking) triggered = true;
      else void notify("Triggered");
      return true;
    },
    heartbeat,
    get clockOffsetMs() {
      return time.clockOffsetMs;
    },
    get toldOffsetMs() {
      return time.toldOffsetMs;
    },
  };
}

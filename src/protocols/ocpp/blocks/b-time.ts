/** The backend's time, and how far this station's clock follows it. */
import { wireTimeMs } from "../clock.ts";
import type { Context } from "../context.ts";

/** What the backend has said of the time. */
export interface BackendTime {
  /** Takes the time of an answer, RFC 3339; the clock follows it where the backend is its configured source. */
  adopt(currentTime: string): void;
  /** What the station's time is ahead of the local clock, ms: 0 unless the backend is its source. */
  readonly clockOffsetMs: number;
  /** The backend's time minus the local clock's as told last, ms, whatever the source; null before. */
  readonly toldOffsetMs: number | null;
}

/** The backend has not said anything yet. */
export function createBackendTime(context: () => Context): BackendTime {
  let clockOffsetMs = 0;
  let toldOffsetMs: number | null = null;

  function adoptTime(currentTime: string): void {
    const { model, clock } = context();
    const offsetMs = wireTimeMs(currentTime) - clock.wallMs();
    if (Number.isNaN(offsetMs)) return;
    toldOffsetMs = offsetMs;
    if (model.list("ClockCtrlr", "TimeSource")[0] !== "Heartbeat") return;
    const changeS = Math.abs(offsetMs - clockOffsetMs) / 1000;
    clockOffsetMs = offsetMs;
    if (changeS > model.number("ClockCtrlr", "TimeAdjustmentReportingThreshold"))
      context().securityEvent("SettingSystemTime", `The clock was moved by ${Math.round(changeS)} s.`);
  }

  return {
    adopt: adoptTime,
    get clockOffsetMs() {
      return clockOffsetMs;
    },
    get toldOffsetMs() {
      return toldOffsetMs;
    },
  };
}

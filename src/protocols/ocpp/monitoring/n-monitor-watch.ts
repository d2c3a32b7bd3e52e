/** N02–N08: what monitors look at, once a second: thresholds, deltas, periods. */
import type { Context } from "../context.ts";
import type { EventData, MonitorEvents } from "./n-monitor-events.ts";
import { isNumeric, type Monitor } from "./n-monitors.ts";

/** What a monitor remembers between looks; not kept over restarts. */
interface Watch {
  exceeded: boolean;
  reference: string;
  nextMs: number;
}

/** Looks at variables for monitors. */
export interface MonitorWatch {
  /** Looks at one monitor's variable at `nowMs`, UTC, and tells what it finds. */
  examine(monitor: Monitor, nowMs: number): void;
  /** The monitor begins anew, or is gone. */
  forget(id: number): void;
}

/** A watch that has not looked yet; `transactionAt` names the transaction of an EVSE. */
export function createMonitorWatch(
  { model }: Context,
  transactionAt: (evseId: number | undefined) => string | null,
  { notify }: Pick<MonitorEvents, "notify">,
): MonitorWatch {
  const watches = new Map<number, Watch>();

  /** The moment of the next report of a periodic monitor. */
  function nextOf(monitor: Monitor, nowMs: number): number {
    const periodMs = monitor.value * 1000;
    return monitor.type === "PeriodicClockAligned" ? Math.floor(nowMs / periodMs + 1) * periodMs : nowMs + periodMs;
  }

  function examine(monitor: Monitor, nowMs: number): void {
    const entry = model.find(monitor.component, monitor.variable);
    if (typeof entry === "string") return;
    const transactionId = transactionAt(monitor.component.evse?.id);
    if (monitor.transaction && transactionId === null) return;
    const actual = model.value(entry);
    const watch = watches.get(monitor.id);
    if (!watch) {
      watches.set(monitor.id, { exceeded: false, reference: actual, nextMs: nextOf(monitor, nowMs) });
      if (!monitor.type.endsWith("Threshold")) return;
    }
    const own = watches.get(monitor.id)!;
    const tell = (trigger: EventData["trigger"], cleared = false): void =>
      notify(monitor, transactionId, { trigger, actualValue: actual, ...(cleared && { cleared }) });
    switch (monitor.type) {
      case "UpperThreshold":
      case "LowerThreshold": {
        const value = Number(actual);
        if (actual === "" || Number.isNaN(value)) return;
        const exceeded = monitor.type === "UpperThreshold" ? value > monitor.value : value < monitor.value;
        if (exceeded !== own.exceeded) tell("Alerting", !exceeded);
        own.exceeded = exceeded;
        return;
      }
      case "Delta": {
        const changed = isNumeric(entry)
          ? Math.abs(Number(actual) - Number(own.reference)) >= monitor.value
          : actual !== own.reference;
        if (!changed) return;
        own.reference = actual;
        tell("Delta");
        return;
      }
      case "Periodic":
      case "PeriodicClockAligned":
        if (nowMs < own.nextMs) return;
        own.nextMs = nextOf(monitor, nowMs);
        tell("Periodic");
    }
  }

  return { examine, forget: (id) => void watches.delete(id) };
}

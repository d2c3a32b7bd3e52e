/**
 * Tells events to people and programs that do not look at the page. The first is told within seconds; what follows is collected
 * and told in one. What can't be delivered is tried again, longer and longer apart; the queue is bounded, and what it loses is
 * counted and said.
 */
import type { SiteState } from "../state.ts";
import type { Alert, AlertQueue } from "./alert-queue.ts";

type SiteEvent = SiteState["events"][number];
export type AlertSeverity = "notice" | "warning" | "critical";
const weight: Readonly<Record<SiteEvent["severity"], number>> = { record: 0, notice: 1, warning: 2, critical: 3 };

/** What comes together is told together: the first message waits so long, ms. */
const gatherMs = 5_000;
const retryMs = { first: 30_000, longest: 30 * 60_000 } as const;
const queueMax = 200;
/** An event that could not be told for a day is let go. */
const keptMs = 24 * 3_600_000;
/** Events that are remembered as told. */
const seenMax = 1_000;

export interface AlertMessage {
  readonly site: string;
  readonly alerts: readonly Alert[];
  /** How many before these could not be told and are lost. */
  readonly lost: number;
}
export interface AlertChannel {
  readonly name: string;
  /** Rejects with a sentence. */
  send(message: AlertMessage, signal: AbortSignal): Promise<void>;
}

export interface AlertCounts {
  readonly waiting: number;
  readonly sent: number;
  readonly lost: number;
}
export interface Alerts {
  readonly counts: AlertCounts;
  stop(): void;
}

export interface AlertOptions {
  readonly severity: AlertSeverity;
  readonly digestMs: number;
  readonly channels: readonly AlertChannel[];
  readonly state: () => SiteState | null;
  readonly onChange: (listener: () => void) => () => void;
  /** An event as the page says it. */
  readonly sentenceOf: (event: SiteEvent, state: SiteState) => string;
  readonly log: (level: "info" | "warn", text: string) => void;
  readonly nowMs: () => number;
  /** Where what waits outlives a restart. */
  readonly memory: AlertQueue;
}

export function startAlerts(options: AlertOptions): Alerts {
  const { severity, channels, state, sentenceOf, nowMs } = options;
  const startedMs = nowMs();
  const outlets = channels.map((channel) => createOutlet(channel, options));
  /** By id: whether its cause was there when it was told last. */
  const seen = new Map<string, boolean>();

  const look = (): void => {
    const now = state();
    if (now === null) return;
    for (const event of [...now.events].reverse()) {
      if (weight[event.severity] < weight[severity]) continue;
      const told = seen.get(event.id);
      if (told === event.active) continue;
      // What was there before this start was told then.
      const isNews = told !== undefined || event.atMs >= startedMs;
      seen.delete(event.id);
      seen.set(event.id, event.active);
      if (seen.size > seenMax) seen.delete(seen.keys().next().value!);
      if (!isNews) continue;
      const { id, key, active } = event;
      const atMs = told === true ? nowMs() : event.atMs;
      const alert = { id, atMs, severity: event.severity, key, sentence: sentenceOf(event, now), active };
      for (const outlet of outlets) outlet.take(alert, now.site.name);
    }
  };
  const unwatch = options.onChange(look);
  return {
    get counts() {
      const sum = (of: keyof AlertCounts): number => outlets.reduce((all, { counts }) => all + counts[of], 0);
      return { waiting: sum("waiting"), sent: sum("sent"), lost: sum("lost") };
    },
    stop() {
      unwatch();
      for (const outlet of outlets) outlet.stop();
      options.memory.stop();
    },
  };
}

/** One channel with its queue. */
function createOutlet(channel: AlertChannel, { digestMs, log, nowMs, memory }: AlertOptions) {
  const kept = memory.of(channel.name);
  let queue: Alert[] = [...(kept?.alerts ?? [])];
  let site = kept?.site ?? "";
  let lost = 0;
  let lostUntold = kept?.lost ?? 0;
  let sent = 0;
  let failures = 0;
  let freeAtMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | null = null;
  const abort = new AbortController();

  const lose = (count: number): void => {
    lost += count;
    lostUntold += count;
  };
  const keep = (): void => memory.keep(channel.name, { site, alerts: queue, lost: lostUntold });
  const plan = (): void => {
    if (timer !== null || queue.length === 0 || abort.signal.aborted) return;
    timer = setTimeout(() => void deliver(), Math.max(gatherMs, freeAtMs - nowMs()));
    timer.unref();
  };
  const deliver = async (): Promise<void> => {
    const fresh = queue.filter(({ atMs }) => nowMs() - atMs <= keptMs);
    lose(queue.length - fresh.length);
    queue = fresh;
    const alerts = [...queue];
    const untold = lostUntold;
    try {
      if (alerts.length > 0) await channel.send({ site, alerts, lost: untold }, abort.signal);
      if (failures > 0) log("info", `Alerts by ${channel.name} are delivered again.`);
      failures = 0;
      sent += alerts.length;
      lostUntold -= untold;
      queue = queue.filter((alert) => !alerts.includes(alert));
      keep();
      freeAtMs = nowMs() + digestMs;
    } catch (failure) {
      failures++;
      if (failures === 1 && !abort.signal.aborted)
        log("warn", `Alerts by ${channel.name} can't be delivered: ${(failure as Error).message} It is tried again.`);
      freeAtMs = nowMs() + Math.min(retryMs.longest, retryMs.first * 2 ** Math.min(failures - 1, 10));
    }
    timer = null;
    plan();
  };
  plan();
  return {
    get counts(): AlertCounts {
      return { waiting: queue.length, sent, lost };
    },
    take(alert: Alert, siteName: string): void {
      site = siteName;
      queue.push(alert);
      if (queue.length > queueMax) {
        queue.shift();
        lose(1);
      }
      keep();
      plan();
    },
    stop(): void {
      abort.abort();
      if (timer !== null) clearTimeout(timer);
    },
  };
}

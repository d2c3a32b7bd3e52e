/** What waits to be told, on disk: a restart forgets none of it. */
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { whyOf, writeWhole } from "../../app/store/files.ts";
import type { SiteState } from "../state.ts";

/** A storm of events is written once in this time, ms; a power cut forgets what came since. */
const writeEveryMs = 1_000;

/** One thing to tell. */
export interface Alert {
  readonly id: string;
  readonly atMs: number;
  readonly severity: SiteState["events"][number]["severity"];
  readonly key: string;
  readonly sentence: string;
  /** False: its cause has gone. */
  readonly active: boolean;
}
interface Waiting {
  readonly site: string;
  readonly alerts: readonly Alert[];
  /** Lost and not told yet. */
  readonly lost: number;
}
export interface AlertQueue {
  /** What a channel had still to tell at the last end; null when nothing. */
  of(channel: string): Waiting | null;
  /** Called whenever it has changed; written in a moment. */
  keep(channel: string, waiting: Waiting): void;
  /** Writes what is not written yet. */
  stop(): void;
}

const alertSchema = z.object({
  id: z.string(),
  atMs: z.number(),
  severity: z.enum(["record", "notice", "warning", "critical"]),
  key: z.string(),
  sentence: z.string(),
  active: z.boolean(),
});
const fileSchema = z.record(
  z.string(),
  z.object({ site: z.string(), alerts: z.array(alertSchema).max(1_000), lost: z.int().min(0) }),
);

/** `onTrouble`: told once when the file can't be read or written; everything goes on in memory then. */
export function openAlertQueue(file: string, onTrouble: (sentence: string) => void): AlertQueue {
  const waiting = new Map<string, Waiting>(Object.entries(read()));
  let timer: NodeJS.Timeout | null = null;
  let troubled = false;

  function read(): z.infer<typeof fileSchema> {
    if (!existsSync(file)) return {};
    try {
      return fileSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    } catch {
      onTrouble("Alerts that waited can't be read and are forgotten.");
      return {};
    }
  }

  function write(): void {
    timer = null;
    try {
      writeWhole(file, JSON.stringify(Object.fromEntries(waiting)));
      troubled = false;
    } catch (failure) {
      if (!troubled) onTrouble(`Alerts that wait can't be stored (${whyOf(failure)}): a restart would forget them.`);
      troubled = true;
    }
  }

  return {
    of: (channel) => waiting.get(channel) ?? null,
    keep(channel, now) {
      waiting.set(channel, now);
      timer ??= setTimeout(write, writeEveryMs);
      timer.unref();
    },
    stop() {
      if (timer === null) return;
      clearTimeout(timer);
      write();
    },
  };
}

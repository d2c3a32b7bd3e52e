/** The alerts of a running site, as its configuration wants them. */
import { join } from "node:path";
import type { SiteConfig } from "../../config/site.ts";
import type { DashboardSource } from "../source.ts";
import { wordsFor } from "../view/format.ts";
import { openAlertQueue } from "./alert-queue.ts";
import { type Alerts, startAlerts } from "./alerts.ts";
import { alertChannels } from "./channels.ts";

/** Null where nobody is to be told. */
export function startSiteAlerts(
  config: SiteConfig,
  source: Pick<DashboardSource, "state" | "onChange">,
  log: (level: "info" | "warn", text: string) => void,
): Alerts | null {
  const channels = alertChannels(config);
  if (channels.length === 0) return null;
  const { severity, digestMin } = config.alerts!;
  return startAlerts({
    severity,
    digestMs: digestMin * 60_000,
    channels,
    state: source.state,
    onChange: source.onChange,
    sentenceOf: ({ key, values }, { site }) => wordsFor(site.timeZone).event(key, values).sentence,
    log,
    nowMs: Date.now,
    memory: openAlertQueue(join(config.stateDir, "alerts.json"), (sentence) => log("warn", sentence)),
  });
}

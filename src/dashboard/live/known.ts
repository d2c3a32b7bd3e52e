/**
 * How far each device's values may be believed now: live, old with their age, or not known at all. One rule for the page,
 * the events, the metrics and the command line. A device that answers while its own clock stands is as old as that clock.
 */

import type { ControlReport, SiteReport } from "../../app/control/shared/report.ts";
import { liveMaxMs } from "../../app/core-vocabulary.ts";
import { Quality } from "../../domain/quality.ts";
import type { Known } from "../state.ts";

/** A device whose last answer is older is silent, ms: longer than a short loss of a link, shorter than anybody waits. */
const answersMaxMs = 1_000;

const unknown: Known = { state: "unknown", ageMs: null };

/** From the arrival of the last answer and of the last one in which the device's own clock had moved. */
export function knownOf(atMs: number, liveAtMs: number, nowMs: number): Known {
  if (!Number.isFinite(atMs) || !Number.isFinite(liveAtMs)) return unknown;
  if (nowMs - atMs > answersMaxMs) return { state: "old", ageMs: nowMs - Math.min(atMs, liveAtMs) };
  if (nowMs - liveAtMs > liveMaxMs) return { state: "old", ageMs: nowMs - liveAtMs };
  return { state: "live", ageMs: Math.max(0, nowMs - atMs) };
}

/** Answers come, and the device's own clock stands. */
export const isFrozen = (atMs: number, liveAtMs: number, nowMs: number): boolean =>
  nowMs - atMs <= answersMaxMs && nowMs - liveAtMs > liveMaxMs;

export const stageKnown = ({ site, stages }: ControlReport, i: number): Known =>
  knownOf(stages[i]!.atMs, stages[i]!.liveAtMs, site.atMs);

export const k1Known = ({ deviceAtMs, deviceLiveAtMs, atMs }: SiteReport): Known =>
  knownOf(deviceAtMs, deviceLiveAtMs, atMs);

/** The slowest meter that may be configured is called silent sooner by its supervision, ms: a second line, whatever that says. */
const meterAnswersMaxMs = 5_000;

/** The meter's supervision has judged: frozen and silent values are old, impossible ones are none. */
export function meterKnown({ meterAtMs, meterSampleAtMs, meterQuality, atMs }: SiteReport): Known {
  if (meterQuality === Quality.missing || meterQuality === Quality.implausible) return unknown;
  const sinceMs = meterQuality === Quality.frozen ? meterSampleAtMs : Math.min(meterAtMs, meterSampleAtMs);
  if (!Number.isFinite(sinceMs)) return unknown;
  const isLive = meterQuality === Quality.good && atMs - meterAtMs <= meterAnswersMaxMs;
  return { state: isLive ? "live" : "old", ageMs: Math.max(0, atMs - sinceMs) };
}

/** Loads of the tiers: as old as the panel's own clock. */
export function panelKnown({ panelLiveAtMs, atMs }: SiteReport): Known {
  return knownOf(panelLiveAtMs, panelLiveAtMs, atMs);
}

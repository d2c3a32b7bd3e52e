/** How a light site takes a release: when it is no island and nothing of the fleet's runs, with a restart, and back when asked to. */

import type { ReleaseNews, ReleaseState } from "../../src/protocols/fleet/payloads.ts";
import { type Release, readRelease } from "../../src/protocols/fleet/releases.ts";
import type { DispatcherKey } from "../../src/protocols/fleet/signed.ts";

/** What a version does at sites where it does not work: its own trial finds it, or something that must not happen does. */
export interface LightBadVersion {
  readonly islet: string;
  readonly how: "trial" | "critical";
}

/** A restart takes so long, and the version's own trial, ms. */
const restartMs = 8_000;
const trialMs = 12_000;

export interface LightRelease {
  take(bytes: Uint8Array, nowMs: number): void;
  /** `waitsFor`: why it must not be started again now; "" when it may. */
  step(nowMs: number, waitsFor: string): void;
  /** It is being started again: nothing comes from it. */
  isDown(nowMs: number): boolean;
  readonly islet: string;
}

export function createLightRelease(
  site: string,
  keys: readonly DispatcherKey[],
  bad: LightBadVersion | null,
  tell: (news: ReleaseNews, nowMs: number) => void,
  alarm: (nowMs: number) => void,
): LightRelease {
  let islet = "0.3.0";
  let former = islet;
  let release: Release | null = null;
  let state: ReleaseState | "" = "";
  let upMs = Number.NEGATIVE_INFINITY;

  const become = (next: ReleaseState, sentence: string, nowMs: number): void => {
    if (state === next || release === null) return;
    state = next;
    tell({ schema: "islet-fleet-release-news-1", releaseId: release.id, state, sentence, islet }, nowMs);
  };
  const start = (version: string, nowMs: number): void => {
    former = islet;
    islet = version;
    upMs = nowMs + restartMs;
  };
  return {
    take(bytes, nowMs) {
      const read = readRelease(bytes, site, keys);
      if (typeof read === "string" || (release !== null && read.version <= release.version)) return;
      if (release?.id !== read.id) state = "";
      release = read;
      const hasIt = islet === read.build.islet && state !== "returned";
      if (read.action === "install") become("waiting", "It waits for its moment.", nowMs);
      else if (hasIt) become("returning", "", nowMs);
      else if (state !== "returned") become("withdrawn", "It was not installed.", nowMs);
    },
    step(nowMs, waitsFor) {
      if (release === null || nowMs < upMs) return;
      const { islet: wanted } = release.build;
      if (state === "waiting" && waitsFor === "") {
        become("restarting", "", nowMs);
        start(wanted, nowMs);
      } else if (state === "restarting") become("trial", "", nowMs);
      else if (state === "trial" && nowMs >= upMs + trialMs) {
        if (bad?.islet !== islet || bad.how !== "trial") {
          become("stays", "", nowMs);
          if (bad?.islet === islet) alarm(nowMs);
        } else {
          start(former, nowMs);
          become("returned", `Islet ${wanted} did not work here.`, nowMs);
        }
      } else if (state === "returning" && waitsFor === "") {
        start(former, nowMs);
        become("returned", `Islet ${islet} runs.`, nowMs);
      }
    },
    isDown: (nowMs) => nowMs < upMs,
    get islet() {
      return islet;
    },
  };
}

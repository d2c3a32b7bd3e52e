/**
 * Moves a site the way everybody moves it: requests with a lease to the controller's own core, which keeps every limit, permit
 * and ramp; and looks at everything in each cycle meanwhile. The controller is the one of `islet run`, in this process's care.
 */

import { monotonicMs } from "../../app/control/monotonic.ts";
import type { ControlReport } from "../../app/control/shared/report.ts";
import { createLogs, type Log } from "../../app/log.ts";
import type { LoadedSite } from "../../app/site/load-config.ts";
import { lockSite, type SiteLock } from "../../app/site/site-lock.ts";
import { type SiteStation, startStation } from "../../app/station.ts";
import type { Look } from "../../commissioning/trace.ts";
import type { PhasePowers } from "../../commissioning/wiring.ts";

const lookEveryMs = 4;
const leaseMs = 2_000;
/** At the end everything comes to rest; an island gets this long to return to the grid. */
const settleMs = 1_500;
const returnMaxMs = 90_000;
/** Looks that one recording holds: half an hour of 20 ms. */
const looksMax = 90_000;

/** A look with what only wiring needs. */
export interface SiteLook extends Look {
  readonly phases: PhasePowers;
}

export class Nudger {
  readonly site: LoadedSite;
  readonly #lock: SiteLock;
  readonly station: SiteStation;
  #requestsW: readonly number[];
  readonly #renewing: NodeJS.Timeout;
  readonly #looking: NodeJS.Timeout;
  #looks: SiteLook[] = [];
  #recording = false;
  #seen = 0;
  #ended = "";
  #silent = false;

  private constructor(site: LoadedSite, lock: SiteLock, log: Log) {
    this.site = site;
    this.#lock = lock;
    this.#requestsW = site.config.evses.map(() => 0);
    this.station = startStation({
      site,
      log,
      onReset: () => undefined,
      onEnd: (sentence) => {
        this.#ended = sentence;
      },
    });
    this.#renewing = setInterval(() => this.#renew(), leaseMs / 4);
    this.#looking = setInterval(() => this.#look(), lookEveryMs);
    this.#renew();
  }

  /**
   * Takes the site, as `islet run` would, and starts its controller without its backend: nobody else asks for anything
   * meanwhile. Throws a sentence where another controller runs.
   */
  static async start(site: LoadedSite, verbose: boolean): Promise<Nudger> {
    const { backend: _, ...config } = site.config;
    const alone = { ...site, config } as LoadedSite;
    const lock = await lockSite(alone);
    return new Nudger(alone, lock, verbose ? createLogs(false, "info").log : () => undefined);
  }

  get report(): ControlReport | null {
    return this.station.report();
  }

  /** Asks each EVSE for a power, W, until something else is asked for. */
  request(powersW: readonly number[]): void {
    this.#requestsW = powersW;
    this.#renew();
  }

  #renew(): void {
    if (this.#silent) return;
    const { control } = this.station;
    control.evses.forEach((evse, i) => {
      evse.authorized = true;
      evse.requestedW = this.#requestsW[i] ?? 0;
      evse.requestSource = "operator";
      evse.requestUntilMs = monotonicMs() + leaseMs;
    });
    control.flush();
  }

  /** Tightens the import limit as a person could; gives back what takes it back to what people had asked for. */
  limitImport(importLimitW: number): () => void {
    const { control } = this.station;
    const beforeW = control.site.importLimitW;
    const set = (limitW: number): void => {
      control.site.importLimitW = limitW;
      control.flush();
    };
    set(Math.min(importLimitW, Number.isNaN(beforeW) ? Number.POSITIVE_INFINITY : beforeW));
    return () => set(beforeW);
  }

  /** Asks for an island, or for its end. */
  wantIsland(wanted: boolean): void {
    const { site } = this.station.control;
    site.islandRequested = wanted;
    site.islandRequestUntilMs = monotonicMs() + 10 * 60_000;
    this.station.control.flush();
  }

  startRecording(): void {
    this.#looks = [];
    this.#recording = true;
  }

  stopRecording(): readonly SiteLook[] {
    this.#recording = false;
    return this.#looks;
  }

  #look(): void {
    if (!this.#recording || this.#silent) return;
    const count = this.station.control.reports();
    if (count === this.#seen || this.#looks.length >= looksMax) return;
    this.#seen = count;
    const report = this.report;
    if (report !== null) this.#looks.push(lookOf(report));
  }

  /** Waits, renewing what was asked for; throws when the controller has ended. */
  async wait(ms: number): Promise<void> {
    for (const untilMs = monotonicMs() + ms; monotonicMs() < untilMs; ) {
      if (this.#ended !== "") throw new Error(this.#ended);
      await new Promise((resolve) => setTimeout(resolve, Math.min(100, ms)));
    }
    if (this.#ended !== "") throw new Error(this.#ended);
  }

  /** Waits until something is so; false when it is not within the time. */
  async until(isSo: (report: ControlReport) => boolean, withinMs: number): Promise<boolean> {
    const untilMs = monotonicMs() + withinMs;
    for (;;) {
      const { report } = this;
      if (report !== null && isSo(report)) return true;
      if (monotonicMs() >= untilMs) return false;
      await this.wait(20);
    }
  }

  /** The controller falls silent in the middle of what it does, as when it crashes: nothing is written any more. */
  async fallSilent(): Promise<void> {
    this.#silent = true;
    await this.station.stop();
  }

  /** Whoever waits stops waiting: a person has had enough. */
  cancel(): void {
    this.#ended = "stopped by hand";
  }

  async stop(): Promise<void> {
    clearInterval(this.#renewing);
    clearInterval(this.#looking);
    if (!this.#silent) {
      this.request(this.#requestsW.map(() => 0));
      this.wantIsland(false);
      const untilMs = monotonicMs() + returnMaxMs;
      // Nobody is left in an island whose controller goes away.
      do await new Promise((resolve) => setTimeout(resolve, settleMs));
      while (this.report?.site.contactNo === "open" && monotonicMs() < untilMs);
      this.#silent = true;
      await this.station.stop();
    }
    await this.#lock.release();
  }
}

function lookOf({ site, stages }: ControlReport): SiteLook {
  return {
    atMs: site.atMs,
    stages: stages.map(({ commandW, powerW }) => ({ commandW, powerW })),
    meterW: site.pccW,
    sampleAtMs: site.meterSampleAtMs,
    phases: { phaseW: [site.phaseAW, site.phaseBW, site.phaseCW], totalVar: site.pccVar },
  };
}

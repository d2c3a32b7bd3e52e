/**
 * Moves a site the way everybody moves it: requests with a lease to the controller's own core, which keeps every limit, permit
 * and ramp; and looks at everything in each cycle meanwhile. While it moves the site, nobody else's requests count.
 */

import type { Look } from "../../commissioning/trace.ts";
import type { PhasePowers } from "../../commissioning/wiring.ts";
import { modeColumns } from "../../domain/modes.table.ts";
import { monotonicMs } from "../control/monotonic.ts";
import type { ControlReport } from "../control/shared/report.ts";
import type { SiteStation } from "../station.ts";

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

/** What was seen between start and end of a recording. */
export interface Recording {
  readonly looks: readonly SiteLook[];
  /** Share of the control cycles that were seen, 0 to 1: fewer where this computer was too busy to watch. */
  readonly seenShare: number;
}

export class Nudger {
  readonly station: SiteStation;
  #powersW: readonly number[];
  #importLimitW = Number.POSITIVE_INFINITY;
  #island = false;
  /** An island was asked for here; any other is an outage. */
  #askedIsland = false;
  readonly #renewing: NodeJS.Timeout;
  readonly #looking: NodeJS.Timeout;
  #looks: SiteLook[] = [];
  #recording = false;
  #seen = 0;
  #ended = "";

  /** From here on the running station does what is asked here, until `finish`. */
  constructor(station: SiteStation) {
    this.station = station;
    this.#powersW = station.config.evses.map(() => 0);
    this.#renewing = setInterval(() => this.#renew(), leaseMs / 4);
    this.#looking = setInterval(() => this.#look(), lookEveryMs);
    this.#renew();
  }

  get report(): ControlReport | null {
    return this.station.report();
  }

  /** Asks each EVSE for a power, W, until something else is asked for. */
  request(powersW: readonly number[]): void {
    this.#powersW = powersW;
    this.#renew();
  }

  #renew(): void {
    this.station.control.tryRequests({
      powersW: this.#powersW,
      importLimitW: this.#importLimitW,
      island: this.#island,
      untilMs: monotonicMs() + leaseMs,
    });
  }

  /** Tightens the import limit, W, beside what everybody has set; Infinity takes that back. */
  limitImport(importLimitW: number): void {
    this.#importLimitW = importLimitW;
    this.#renew();
  }

  /** Asks for an island, or for its end. */
  wantIsland(wanted: boolean): void {
    this.#island = wanted;
    this.#askedIsland ||= wanted;
    this.#renew();
  }

  startRecording(): void {
    this.#looks = [];
    this.#recording = true;
  }

  stopRecording(): Recording {
    this.#recording = false;
    const looks = this.#looks;
    const overMs = looks.length > 1 ? looks.at(-1)!.atMs - looks[0]!.atMs : 0;
    const cycles = overMs / this.station.config.loop.periodMs + 1;
    return { looks, seenShare: Math.min(1, looks.length / cycles) };
  }

  #look(): void {
    if (!this.#recording) return;
    const count = this.station.control.reports();
    if (count === this.#seen || this.#looks.length >= looksMax) return;
    this.#seen = count;
    const report = this.report;
    if (report !== null) this.#looks.push(lookOf(report));
  }

  /** Waits, renewing what was asked for; throws when somebody has ended it, or when the grid is lost meanwhile. */
  async wait(ms: number): Promise<void> {
    for (const untilMs = monotonicMs() + ms; monotonicMs() < untilMs; ) {
      this.#goOn();
      await new Promise((resolve) => setTimeout(resolve, Math.min(100, ms)));
    }
    this.#goOn();
  }

  #goOn(): void {
    if (this.#ended !== "") throw new Error(this.#ended);
    const mode = this.report?.site.mode;
    if (mode !== undefined && modeColumns[mode].place === "island" && !this.#askedIsland)
      throw new Error("the grid was lost and the site feeds itself; take the step again when it is back");
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

  /** Nothing is written to any device for so long, ms, as when the controller hangs; all are read on. */
  fallSilent(forMs: number): void {
    this.station.control.fallSilent(forMs);
  }

  /** Whoever waits stops waiting, and is told why. */
  cancel(why: string): void {
    this.#ended = why;
  }

  /** Brings everything to rest; everybody's own requests count again. Nobody is left in an island that was asked for here. */
  async finish(): Promise<void> {
    clearInterval(this.#looking);
    this.#importLimitW = Number.POSITIVE_INFINITY;
    this.#island = false;
    this.request(this.#powersW.map(() => 0));
    const untilMs = monotonicMs() + returnMaxMs;
    do await new Promise((resolve) => setTimeout(resolve, settleMs));
    while (this.#askedIsland && this.report?.site.contactNo === "open" && monotonicMs() < untilMs);
    clearInterval(this.#renewing);
    this.station.control.tryRequests(null);
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

/**
 * Attempts to return to the grid in synchronism, one after another at a running site with the product's own control cycle: the
 * utility takes a random voltage, frequency and angle and behaves in one of a few ways, K1 takes a random travel time, the
 * instruments err at random. Recorded is what the plant truly had at the moment of touch.
 */
import type { Forbidden } from "../plant/truth.ts";
import { Random } from "../random.ts";
import type { Site } from "../story/site.ts";
import { listedForClosedTransition, schoolBus, type WorldConfig, worldFor } from "../world-config.ts";
import { type AttemptKind, attemptKinds, goodFrequencyHz, goodVoltagePu } from "./closed-attempts.table.ts";
import { Drive } from "./drive.ts";

const siteFile = "sim/scenarios/sites/closed-transition.yaml";
/** The listed worst travel time, as the site's file has it, ms. */
const travelMaxMs = 50;
/** So many attempts are made at one site before another is built, with other stages, loads and instruments. */
const attemptsPerSite = 50;
/** Seeds of sites do not overlap below this many. */
const sitesMax = 100_000;
/** An attempt that has not closed by then counts as refused, ms. */
const patienceMs = 12_000;
/** The handover and what follows are watched for so long, ms. */
const watchMs = 600;
/** A site that does not come back to a running island by then is given up, ms. */
const recoverMs = 240_000;
/** A grid that has been good for so long may be returned to, ms. */
const steadyMs = 31_000;
/** What the plant had in one attempt. Numbers at touch are NaN where K1 has not closed. */
export interface Attempt {
  readonly site: number;
  readonly index: number;
  readonly kind: AttemptKind;
  readonly travelMs: number;
  readonly closed: boolean;
  readonly differencePu: number;
  readonly slipHz: number;
  readonly angleDeg: number;
  readonly surgePu: number;
  /** A stage formed the bus at touch; without one only the loads' residual voltage was there. */
  readonly formed: boolean;
  readonly inStep: boolean;
  readonly parallelMs: number;
  readonly tookMs: number;
  /** In step when the contact began to travel, not when it ended: a contact travel under way cannot be stopped. */
  readonly overtaken: boolean;
  /** Time in which the critical load was dark, ms. */
  readonly darkMs: number;
  /** What the plant saw of the forbidden. */
  readonly violations: readonly Forbidden[];
}

export interface AttemptOptions {
  readonly attempts: number;
  readonly seed?: number;
  readonly onSite?: (done: number) => void;
}

/** The attempts of one site. */
export function* attemptsAtSite(seed: number, most = attemptsPerSite): Generator<Attempt> {
  const site = new AttemptSite(seed);
  for (let i = 0; i < most; i++) {
    yield site.attempt(i);
    if (!site.recover()) return;
  }
}

/** Attempts in order; site after site, each with a seed of its own that repeats it. */
export function* closedAttempts({ attempts, seed = 1, onSite }: AttemptOptions): Generator<Attempt> {
  for (let done = 0, number = 0; done < attempts; number++) {
    for (const attempt of attemptsAtSite(seed * sitesMax + number, Math.min(attemptsPerSite, attempts - done))) {
      yield attempt;
      done++;
    }
    onSite?.(done);
  }
}

const runs = ({ controller }: Site): boolean => controller?.mode === "islandRunning";

class AttemptSite {
  readonly #seed: number;
  readonly #drive: Drive;
  readonly #random: Random;
  readonly #kinds: readonly AttemptKind[] = attemptKinds.flatMap((kind) =>
    new Array<AttemptKind>(kind.parts).fill(kind),
  );
  /** The grid has not been good all the time. */
  #upset = true;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new Random(seed).stream("attempts");
    this.#drive = new Drive(this.#world(seed), siteFile, this.#random.uniform() < 0.5 ? 20 : 10, true);
    const { site } = this.#drive;
    const parallel = this.#random.uniform() < 0.5;
    Object.assign(site.station.permit, {
      mode: parallel ? "parallel-non-export" : "non-parallel-backup",
      validFromMs: site.world.wallMs - 1_000,
      validUntilMs: site.world.wallMs + 30 * 24 * 3_600_000,
      equipmentMatches: true,
      backupNotified: true,
    });
    site.world.truth.mayDischarge = parallel;
    if (!this.recover()) throw new Error(`site ${seed} does not come up as an island`);
  }

  #world(seed: number): WorldConfig {
    const random = this.#random;
    return worldFor({
      seed,
      startsAt: "2006-06-14 10:00",
      stageW: [60_000, 60_000],
      nominalVoltageV: 480,
      phases: 3,
      stage: { droopPct: random.between(0.5, 1.5) },
      building: { motorW: 4_000, motorStartsPerHour: 120 },
      transferDevice: {
        ...listedForClosedTransition,
        openTravelMs: travelMaxMs,
        closeTravelMs: travelMaxMs,
        voltmeterNoisePu: random.between(0, 0.006),
        frequencyNoiseHz: random.between(0, 0.015),
        angleNoiseDeg: random.between(0, 1.5),
      },
      tiers: [
        { name: "Shelter", loadW: 1_000 * random.between(2, 30), inrush: 2 },
        { name: "Kitchen", loadW: 1_000 * random.between(1, 25), inrush: 3 },
      ],
      vehicles: Array.from({ length: 2 }, () => ({ ...schoolBus, socPct: random.between(70, 95) })),
    });
  }

  /** The person on site gives the island back; what follows is watched until K1 has closed or patience is over. */
  attempt(index: number): Attempt {
    const drive = this.#drive;
    const random = this.#random;
    const { site } = drive;
    const { truth, transferDevice } = site.world;
    const kind = random.pick(this.#kinds);
    const travelMs = random.between(8, travelMaxMs);
    transferDevice.faults.slowness = travelMs / travelMaxMs;
    site.world.setGrid({
      voltagePu: random.between(...goodVoltagePu),
      frequencyHz: random.between(...goodFrequencyHz),
      phaseJumpDeg: random.between(-180, 180),
    });
    kind.begin?.(site, random);
    this.#upset = kind.upsets === true || kind.fault === true;
    if (kind.everyMs !== undefined) this.#repeat(kind);
    truth.longestParallelMs = 0;
    const beganMs = drive.nowMs;
    const { touches, overtaken, darkMs } = truth;
    const seen = { ...truth.counts };
    site.station.islandRequested = false;
    drive.until(() => truth.touches > touches || truth.overtaken > overtaken, patienceMs);
    const closed = truth.touches > touches;
    const touch = { ...truth.touch };
    if (!closed) this.#upset = true;
    const tookMs = drive.nowMs - beganMs;
    drive.forget();
    drive.wait(watchMs);
    const violations = (Object.keys(truth.counts) as Forbidden[]).filter((key) => truth.counts[key] > seen[key]);
    return {
      site: this.#seed,
      index,
      kind,
      travelMs: transferDevice.config.closeTravelMs * transferDevice.faults.slowness,
      closed,
      differencePu: closed ? touch.differencePu : Number.NaN,
      slipHz: closed ? touch.slipHz : Number.NaN,
      angleDeg: closed ? touch.angleDeg : Number.NaN,
      surgePu: closed ? touch.surgePu : Number.NaN,
      formed: closed && touch.formed,
      inStep: closed && touch.inStep,
      parallelMs: truth.longestParallelMs,
      tookMs,
      overtaken: truth.overtaken > overtaken,
      darkMs: truth.darkMs - darkMs,
      violations,
    };
  }

  #repeat(kind: AttemptKind): void {
    const [least, most] = kind.everyMs!;
    this.#drive.after(this.#random.between(least, most), (site) => {
      kind.again!(site, this.#random);
      this.#repeat(kind);
    });
  }

  /** Everything is mended, the grid is good, a person resets what must be reset and asks for an island. */
  recover(): boolean {
    const { site } = this.#drive;
    const { world, station } = site;
    world.transferDevice.faults.clear();
    world.setGrid({ present: true, voltagePu: 1, frequencyHz: 60 });
    if (site.controller === undefined) site.startController();
    station.islandRequested = true;
    for (const stage of world.stages) if (stage.watchdogTripped) stage.resetAlarms();
    const mendedMs = this.#drive.nowMs;
    const up = this.#drive.until(
      (s) => runs(s) && s.controller?.returnBlocked === false && s.world.network.tiersW > 0,
      recoverMs,
      () => {
        const { controller } = site;
        station.resetRequest = controller?.mode === "lockedOut" || controller?.returnBlocked === true;
      },
    );
    station.resetRequest = false;
    // The grid must have been good for its time before anybody tries again.
    const restMs = mendedMs + steadyMs - this.#drive.nowMs;
    if (up && this.#upset && restMs > 0) this.#drive.wait(restMs);
    return up;
  }
}

/**
 * Random interleavings of what happens at a site: short stories of events at random moments, told one after another at a
 * running site with the product's own control cycle, on a plant that takes steps of 1 ms around transfers. After each the
 * plant's truth is asked whether two sources met unsynchronized on one bus, or the site fed a grid that was out.
 *
 * A site's seed and a story's number make the story: the same again, number for number. One fault at a time; after it the site
 * rests from faults, because two at once may need hardware (CONTRACT.md).
 */
import { type FaultRow, faultRows } from "../faults.table.ts";
import { Faults } from "../faults.ts";
import type { Forbidden } from "../plant/truth.ts";
import { Random } from "../random.ts";
import type { Site, StartController } from "../story/site.ts";
import { schoolBus, type WorldConfig, worldFor } from "../world-config.ts";
import { Drive } from "./drive.ts";
import { faultParts, type InterleavedEvent, interleavedEvents, renewRight } from "./interleavings.table.ts";
import { type ProofSite, proofSites } from "./sites.table.ts";

/** So many stories are told at one site before the next is built. */
export const storiesPerSite = 25;
const eventsMost = 6;
const tickMs = 20;
/** After a story the site is watched for this long at least, ms. */
const watchMs = 500;
/** A change of mode is waited for so long before something happens; a return to a good grid takes longer, ms. */
const changePatienceMs = 2_500;
const returnPatienceMs = 32_000;
/** After a fault has gone the next one waits so long, ms: late writes, watchdogs and contact travels of the last one have ended. */
const faultRestMs = 5_000;
/** With these a dead controller is a second fault: the stage goes on by itself, and nobody sees it. */
const needsController: readonly string[] = ["neverStops", "hung", "local", "stuck"];
/** What the two promises of this proof forbid. */
const judged: readonly Forbidden[] = [
  "forming-with-k1-closed",
  "grid-side-energised-in-outage",
  "k1-closed-out-of-synchronism",
  "k1-closed-onto-undecayed-bus",
  "two-sources-unsynchronized",
];

/** One event as it happened: when in the story (ms), and what. */
export interface ToldEvent {
  readonly atMs: number;
  readonly what: string;
}

export interface Story {
  readonly siteSeed: number;
  readonly number: number;
  readonly from: string;
  readonly told: readonly ToldEvent[];
  /** What was broken in it, in words; empty when nothing was. */
  readonly broken: readonly string[];
  /** Modes that the controller went through. */
  readonly modes: readonly string[];
}

/** The story's kind: mode at its beginning and what happened in which order. Counting these says how many differ. */
export const kindOf = ({ from, told }: Story): string => `${from}: ${told.map(({ what }) => what).join(" · ")}`;

/** What a run does otherwise than the whole proof. */
export interface InterleavingOptions {
  /** Events left out, as "story/event": how a violation is narrowed down. */
  readonly without?: ReadonlySet<string>;
  /** Faults that come together once in each story instead of one at a time. */
  readonly together?: readonly FaultName[];
  /** Only at this kind of site. */
  readonly at?: ProofSite;
  /** The plant has the interlocks that CONTRACT.md asks for. */
  readonly interlocks?: boolean;
  /** Another controller, for those who want to see the proof find something. */
  readonly start?: StartController;
}

export interface FaultName {
  readonly target: string;
  readonly error: string;
}

export class InterleavedSite {
  readonly drive: Drive;
  readonly proofSite: ProofSite;
  readonly #seed: number;
  readonly #faults: Faults;
  readonly #options: InterleavingOptions;
  #told: ToldEvent[] = [];
  #storyBeganMs = 0;
  #faultFreeMs = 0;
  #modes: string[] = [];

  constructor(seed: number, options: InterleavingOptions = {}) {
    this.#seed = seed;
    this.#options = options;
    const random = new Random(seed).stream("site");
    const drawn = random.pick(proofSites);
    this.proofSite = options.at ?? drawn;
    const { file, closedTransition } = this.proofSite;
    const world = worldOf(this.proofSite, seed, random, options.interlocks === true);
    this.drive = new Drive(world, file, tickMs, closedTransition, options.start);
    const { site } = this.drive;
    const { meterLink, transferDeviceLink, stagePorts } = site.bridge;
    const stages = stagePorts.map(({ link }) => link);
    this.#faults = new Faults(site.world, {
      meter: meterLink,
      transferDevice: transferDeviceLink,
      loadPanel: site.bridge.loadPanelLink,
      stages,
    });
    Object.assign(site.station.permit, {
      mode: "parallel-export",
      validFromMs: site.world.wallMs - 1_000,
      validUntilMs: site.world.wallMs + 30 * 24 * 3_600_000,
      exportLimitW: 60_000,
      equipmentMatches: true,
      backupNotified: true,
    });
    renewRight(site);
    site.world.building.hold(30_000);
    this.drive.wait(random.between(1_000, 8_000));
  }

  /** One story, told from where the last one has left the site. */
  tell(number: number): Story {
    const random = new Random(this.#seed).stream(`story ${number}`);
    const { together, without } = this.#options;
    const { drive } = this;
    const { site } = drive;
    const { truth } = site.world;
    const from = modeOf(site);
    this.#told = [];
    this.#modes = [from];
    this.#storyBeganMs = drive.nowMs;
    if (random.uniform() < 0.3 || together !== undefined) this.#mend(random);
    const seen = judged.map((kind) => truth.counts[kind]);
    const seenInvariants = drive.invariants.total;
    const events = 1 + random.below(eventsMost);
    const togetherAt = random.below(events);
    for (let i = 0; i < events; i++) {
      // Each event draws from a stream of its own, so that leaving one out changes none of the others.
      const own = new Random(this.#seed).stream(`story ${number}/${i}`);
      this.#pause(own);
      if (without?.has(`${number}/${i}`)) continue;
      if (together !== undefined && i === togetherAt) this.#raiseTogether(together, own);
      else this.#happen(own);
    }
    this.#wait(watchMs + 1_000 * random.waiting(0.6));
    const broken: string[] = [];
    judged.forEach((kind, k) => {
      if (truth.counts[kind] > seen[k]!) broken.push(kind);
    });
    if (drive.invariants.total > seenInvariants) broken.push(`invariant: ${drive.invariants.broken.at(-1)!.name}`);
    return { siteSeed: this.#seed, number, from, told: this.#told, broken, modes: this.#modes };
  }

  /** Between two events: at once, soon, long enough for a transfer, or just after the next change of mode. */
  #pause(random: Random): void {
    const kind = random.uniform();
    const mayReturn = this.#mayReturn && random.uniform() < 0.25;
    if (!mayReturn && kind < 0.25) this.#wait(60 * random.uniform());
    else if (!mayReturn && kind < 0.5) this.#wait(random.between(60, 1_000));
    else if (!mayReturn && kind < 0.7) this.#wait(random.between(1_000, 3_500));
    else {
      const before = modeOf(this.drive.site);
      this.drive.until(
        (site) => modeOf(site) !== before,
        mayReturn ? returnPatienceMs : changePatienceMs,
        () => this.#look(),
      );
      this.#wait(120 * random.uniform());
    }
  }

  /** Cut off from a good grid, and nobody has asked for that: it returns after its time. */
  get #mayReturn(): boolean {
    const { site } = this.drive;
    const { grid } = site.world;
    const cutOff = ["islandRunning", "isolated", "resyncing"].includes(modeOf(site));
    return cutOff && grid.present && Math.abs(grid.setVoltagePu - 1) < 0.05 && !site.station.islandRequested;
  }

  #happen(random: Random): void {
    const { site } = this.drive;
    // Two faults together are looked at where the site leaves the grid and returns to it.
    const { events, faults } = this.#options.together === undefined ? everything : transfersOnly;
    let left = random.uniform() * (partsOf(events) + faults) - faults;
    if (left < 0) {
      this.#raise(random);
      return;
    }
    const event = events.find(({ parts }) => (left -= parts) < 0) as InterleavedEvent;
    if (event.name === "the controller dies" && this.#mustNotDie) return;
    // Between two ticks, at any moment.
    site.world.advance(tickMs * random.uniform());
    event.act(site, random);
    this.#note(event.name);
  }

  get #mustNotDie(): boolean {
    return this.#faults.raised.some(({ error }) => needsController.includes(error));
  }

  /** A fault comes and goes by itself. */
  #raise(random: Random): void {
    const { drive } = this;
    const { site } = drive;
    if (this.#faults.raised.length > 0 || drive.nowMs < this.#faultFreeMs) return;
    const row = random.pick(randomRows);
    if (needsController.includes(row.error) && site.controller === undefined) return;
    const evse = random.below(site.world.stages.length);
    site.world.advance(tickMs * random.uniform());
    this.#faults.set(row.target, row.error, evse, true);
    this.#note(`${row.target} ${row.error}`);
    const clear = (): void => {
      this.#faults.set(row.target, row.error, evse, false);
      this.#faultFreeMs = drive.nowMs + faultRestMs;
      this.#note(`${row.target} ${row.error} ends`);
    };
    drive.after(1_000 * random.waiting(4), clear);
  }

  #raiseTogether(names: readonly FaultName[], random: Random): void {
    const evse = random.below(this.drive.site.world.stages.length);
    for (const { target, error } of names) {
      this.#faults.set(target, error, evse, true);
      this.#note(`${target} ${error}`);
    }
  }

  /** Somebody looks after the site: nothing is broken, the grid is good, a vehicle is there, the controller runs. */
  #mend(random: Random): void {
    const { drive } = this;
    const { site } = drive;
    const { world, station } = site;
    drive.forget();
    this.#faults.clearAll();
    world.setGrid({ present: true, voltagePu: 1, frequencyHz: 60 });
    world.vehicles.forEach((vehicle, i) => {
      if (!vehicle.connected) world.plug(i, { ...schoolBus, socPct: random.between(50, 95) });
    });
    for (const stage of world.stages) stage.resetAlarms();
    station.permit.revoked = false;
    station.permit.mode = random.uniform() < 0.7 ? "parallel-export" : "non-parallel-backup";
    station.serviceEnabled = true;
    station.relayLatched = false;
    station.islandRequested = random.uniform() < 0.3;
    renewRight(site);
    if (site.controller === undefined) site.startController();
    station.resetRequest = true;
    this.#note("everything is mended and reset");
    this.#wait(1_200);
    station.resetRequest = false;
    this.#wait(1_000 * random.waiting(1.5));
    this.#faultFreeMs = Math.max(this.#faultFreeMs, drive.nowMs);
  }

  #wait(durationMs: number): void {
    if (durationMs < tickMs) return;
    this.drive.until(
      () => false,
      durationMs,
      () => this.#look(),
    );
  }

  #look(): void {
    const mode = modeOf(this.drive.site);
    if (mode !== this.#modes.at(-1)) this.#modes.push(mode);
  }

  #note(what: string): void {
    this.#told.push({ atMs: this.drive.nowMs - this.#storyBeganMs, what });
  }
}

const partsOf = (events: readonly InterleavedEvent[]): number => events.reduce((sum, { parts }) => sum + parts, 0);
const everything = { events: interleavedEvents, faults: faultParts };
const transfersOnly = { events: interleavedEvents.filter(({ transfers }) => transfers), faults: 0 };
const randomRows: readonly FaultRow[] = faultRows.filter(({ random }) => random);
const modeOf = ({ controller }: Site): string => (controller === undefined ? "dead" : (controller.mode ?? "running"));

function worldOf(
  { transferDevice, holdsAngle, travelMs }: ProofSite,
  seed: number,
  random: Random,
  interlocks: boolean,
): WorldConfig {
  return worldFor({
    seed,
    startsAt: "2006-06-14 10:00",
    stageW: [60_000, 60_000],
    nominalVoltageV: 480,
    phases: 3,
    meter: { gridPowered: random.uniform() < 0.5 },
    stage: (i) => ({
      enterServiceDelayS: 1,
      gateInterlock: interlocks,
      holdsAngle: holdsAngle && i === 0,
      blackStartMs: random.between(200, 1_000),
    }),
    transferDevice: {
      ...transferDevice,
      ...(interlocks && { closeInterlock: true }),
      openTravelMs: travelMs * random.between(0.2, 1),
      closeTravelMs: travelMs * random.between(0.2, 1),
      contactLagMs: random.between(1, 10),
    },
    tiers: [
      { name: "Critical", loadW: 1_000 * random.between(2, 30), inrush: 2 },
      { name: "Other", loadW: 1_000 * random.between(0, 25), inrush: 3 },
    ],
    vehicles: Array.from({ length: 2 }, () => ({ ...schoolBus, socPct: random.between(40, 95) })),
  });
}

/**
 * The product's own control cycle, plugged into a simulated site: configuration and grid profile from the scenario's file, the
 * mode record kept where a restart finds it, with the delay of a real disk.
 */
import { fileURLToPath } from "node:url";
import { createSettler, settled } from "../../src/app/control/settled.ts";
import { fillReport } from "../../src/app/control/shared/report.ts";
import { createDirectRecorder, type DirectRecorder } from "../../src/app/recorder/direct-recorder.ts";
import type { FrameSink } from "../../src/app/recorder/recording-writer.ts";
import { composeCore, noMemory } from "../../src/app/site/composition.ts";
import { type LoadedSite, loadSite } from "../../src/app/site/load-config.ts";
import { askToStore, createRecordKeeper, notStored, stored, storeIsDue } from "../../src/app/store/record-keeper.ts";
import type { Commands } from "../../src/core/commands.ts";
import type { Core } from "../../src/core/core.ts";
import type { BlackStart } from "../../src/core/island/black-start.ts";
import { emptyRecord, type ModeRecord } from "../../src/core/modes/state.ts";
import { explain } from "../../src/core/setpoints/limits.ts";
import type { Snapshot } from "../../src/core/snapshot.ts";
import { step } from "../../src/core/step.ts";
import type { SessionSource } from "./session-places.ts";
import type { Controller, ControllerBoot, StartController } from "./site.ts";

/** A record is on disk this long after the cycle that asked for it, ms. */
const diskMs = 15;
const root = new URL("../../", import.meta.url);

/** The site's configuration with its profiles; throws with every complaint when something is wrong. */
const loadedSiteOf = (siteFile: string): LoadedSite => loadSite(fileURLToPath(new URL(siteFile, root)));

/** Files read so far: a controller that dies and starts again in virtual time reads what it has read before. */
const loaded = new Map<string, LoadedSite>();

function loadedOnce(siteFile: string): LoadedSite {
  const before = loaded.get(siteFile);
  if (before !== undefined) return before;
  const site = loadedSiteOf(siteFile);
  loaded.set(siteFile, site);
  return site;
}

/** Starts Islet's core on a scenario's site. */
export function startIslet(boot: ControllerBoot): Controller {
  return new IsletController(loadedOnce(boot.siteFile), boot);
}

/** The same with a flight recorder beside it, whose frames go where `keep` says; `flush` hands on what it still holds. */
export function recordedIslet(keep: FrameSink): { readonly start: StartController; flush(): void } {
  let last: IsletController | null = null;
  const flush = (): void => last?.flushRecorder();
  return {
    start(boot) {
      flush();
      last = new IsletController(loadedOnce(boot.siteFile), boot, keep);
      return last;
    },
    flush,
  };
}

/** The same on a site that is at hand, whatever file the boot names. */
export const startIsletOn =
  (site: LoadedSite): StartController =>
  (boot) =>
    new IsletController(site, boot);

class IsletController implements Controller {
  readonly core: Core;
  readonly sessions: SessionSource | undefined;
  readonly #stored: Map<string, unknown>;
  readonly #disk: ControllerBoot["disk"];
  readonly #keeper = createRecordKeeper();
  /** What is being written, and when it is on disk. */
  #writing: ModeRecord | null = null;
  #storedAtMs = Number.POSITIVE_INFINITY;
  readonly #settle: (snapshot: Snapshot) => void;
  readonly #record: ((snapshot: Snapshot) => DirectRecorder) | null;
  #recorder: DirectRecorder | null = null;

  constructor(site: LoadedSite, boot: ControllerBoot, keep: FrameSink | null = null) {
    const { config } = site;
    if (config.evses.length !== boot.stageCount || config.tiers.length !== boot.tierCount) {
      throw new RangeError(
        `${boot.siteFile} has ${config.evses.length} EVSEs and ${config.tiers.length} tiers, the simulated site ${boot.stageCount} and ${boot.tierCount}`,
      );
    }
    this.sessions = config.evses.some(({ vehicleLink }) => vehicleLink !== undefined)
      ? { config, report: (target, snapshot, nowMs) => fillReport(target, this.core, snapshot, nowMs) }
      : undefined;
    this.#stored = boot.stored;
    this.#disk = boot.disk;
    this.#record = keep && ((snapshot) => createDirectRecorder(site, boot.tickMs, this.core, snapshot, keep));
    const record = (boot.stored.get("record") as ModeRecord | undefined) ?? emptyRecord;
    this.core = composeCore(
      site,
      { ...noMemory, record },
      { nowMs: boot.nowMs, wallAheadMs: Number.NaN, randomFraction: 0.5, periodMs: boot.tickMs },
    );
    this.#settle = createSettler(this.core.exportControl.scaleW, boot.stageCount);
  }

  get mode(): string {
    return this.core.machine.output.mode;
  }

  get row(): string {
    return this.core.machine.state.row;
  }

  get blackStart(): BlackStart {
    return this.core.blackStart;
  }

  get returnBlocked(): boolean {
    return this.core.machine.state.record.returnBlocked;
  }

  get island(): Core["island"] {
    return this.core.island;
  }

  step(snapshot: Snapshot, atMs: number): Commands {
    // As the control loop has it: facts no finer than anything in the core tells apart.
    const nowMs = settled(atMs);
    this.#store(nowMs);
    snapshot.site.storedGeneration = this.#keeper.storedGeneration;
    this.#settle(snapshot);
    this.#recorder ??= this.#record?.(snapshot) ?? null;
    this.#recorder?.told(nowMs);
    const commands = step(this.core, snapshot, nowMs);
    this.#recorder?.decided(nowMs);
    const { output, state } = this.core.machine;
    if (output.persist) askToStore(this.#keeper, state.record, nowMs);
    this.#store(nowMs);
    return commands;
  }

  flushRecorder(): void {
    this.#recorder?.flush();
  }

  explain(evse: number): readonly string[] {
    return explain(this.core.chains.values, evse)
      .limits.filter(({ binds }) => binds)
      .map(({ reason }) => reason);
  }

  /** One write at a time: what is owed goes to the disk and is there a moment later, unless the disk is full then. */
  #store(nowMs: number): void {
    if (this.#writing !== null && nowMs >= this.#storedAtMs) {
      if (this.#disk.full) notStored(this.#keeper, "the disk is full", nowMs);
      else {
        this.#stored.set("record", this.#writing);
        stored(this.#keeper, this.#writing.generation);
      }
      this.#writing = null;
    }
    if (this.#writing === null && storeIsDue(this.#keeper, nowMs)) {
      this.#writing = { ...this.#keeper.record };
      this.#storedAtMs = nowMs + diskMs;
    }
  }
}

/**
 * Sessions with vehicles in virtual time: the product's own charging places on one side, the simulated vehicles that are plugged
 * in on the other, nothing between them but memory. What the product tells people of them is kept for a story's checks.
 */

import { fillVehicleFacts } from "../../src/app/backend/vehicle-facts.ts";
import { type ControlReport, createControlReport } from "../../src/app/control/shared/report.ts";
import type { Door, DoorOptions } from "../../src/app/vehicle-sessions/door.ts";
import type { VehicleWord } from "../../src/app/vehicle-sessions/messages.ts";
import { createPlace, type Place } from "../../src/app/vehicle-sessions/place.ts";
import { placesOf } from "../../src/app/vehicle-sessions/place-starts.ts";
import { createSessionLog } from "../../src/app/vehicle-sessions/session-log.ts";
import type { SiteConfig } from "../../src/config/site.ts";
import type { Snapshot } from "../../src/core/snapshot.ts";
import { secondMs } from "../../src/domain/units.ts";
import { BetweenSessions, energyOf, habitNow, pluggedOptions, type SessionUse } from "../peers/vehicle/plugged.ts";
import type { VehicleEnergy } from "../peers/vehicle/steps.ts";
import { createVirtualCharger, VirtualVehicle } from "../peers/vehicle/virtual-vehicle.ts";
import type { World } from "../world.ts";

/** After a session that was ended a vehicle begins again, ms. */
const againAfterMs = 3 * secondMs;
/** Lines that are kept, the newest. */
const toldMax = 1_000;

/** What a controller shows of itself to those who speak with vehicles. */
export interface SessionSource {
  readonly config: SiteConfig;
  report(target: ControlReport, snapshot: Snapshot, nowMs: number): void;
}

export interface Told {
  readonly atMs: number;
  readonly level: string;
  readonly text: string;
}

interface Bay {
  readonly place: Place;
  readonly energy: VehicleEnergy;
  readonly charger: ReturnType<typeof createVirtualCharger>;
  readonly between: BetweenSessions;
  vehicle: VirtualVehicle | undefined;
  againAtMs: number;
}

export class SessionPlaces {
  readonly told: Told[];
  readonly #world: World;
  readonly #uses: readonly (SessionUse | null)[];
  readonly #source: SessionSource;
  readonly #report: ControlReport;
  readonly #bays: Bay[];

  /** `uses`: how each plugged vehicle speaks, by EVSE; `told` goes on from before. */
  constructor(world: World, source: SessionSource, uses: readonly (SessionUse | null)[], told: Told[] = []) {
    this.#world = world;
    this.#source = source;
    this.#uses = uses;
    this.told = told;
    this.#report = createControlReport(world.stages.length, world.tiers.length);
    const words: (VehicleWord | undefined)[] = world.stages.map(() => undefined);
    const tell = createSessionLog(source.config, (level, text) => {
      this.told.push({ atMs: world.nowMs, level, text });
      if (this.told.length > toldMax) this.told.shift();
    });
    this.#bays = placesOf(source.config, false, (mistake) => {
      throw new Error(mistake);
    }).map((start) => {
      let charger: Bay["charger"] | undefined;
      const openDoor = (options: DoorOptions): Door => {
        const { link, quirks } = start;
        charger = createVirtualCharger({
          ...options,
          iso20Plain: link.iso20WithoutTls,
          protocols: link.protocols,
          quirks,
        });
        return { open: true, look() {}, end() {}, secure() {}, close: async () => charger!.stop("the charger stops") };
      };
      const place = createPlace({
        start,
        openDoor,
        now: () => world.nowMs,
        unixS: () => world.wallMs / secondMs,
        changed() {},
        say(message) {
          tell(message, words[message.index], false);
          if (message.kind === "vehicle") words[message.index] = message.word;
          if (message.kind === "ended") words[message.index] = undefined;
        },
      });
      const energy = energyOf(start.link.connector);
      const between = new BetweenSessions(world.stages[start.index]!.port);
      return { place, energy, charger: charger!, between, vehicle: undefined, againAtMs: world.nowMs };
    });
  }

  /** Before a step of the core: vehicles speak, and the snapshot gets what their sessions ask for. */
  fill(snapshot: Snapshot, nowMs: number): void {
    for (const bay of this.#bays) {
      this.#live(bay, nowMs);
      bay.charger.tick();
      bay.place.tick(nowMs);
      const { index, intent } = bay.place;
      fillVehicleFacts(snapshot.evses[index]!, snapshot.stages[index]!, intent, nowMs);
    }
  }

  /** After it: places see what the stages did and what the core allows. */
  refresh(snapshot: Snapshot, nowMs: number): void {
    if (this.#bays.length === 0) return;
    this.#source.report(this.#report, snapshot, nowMs);
    for (const { place } of this.#bays) place.refresh(this.#report, nowMs);
  }

  /** The controller is gone, and every connection with it. */
  stop(): void {
    for (const { place } of this.#bays) void place.stop();
  }

  #live(bay: Bay, nowMs: number): void {
    const { index } = bay.place;
    const plugged = this.#world.vehicles[index]!;
    const use = this.#uses[index] ?? null;
    if (bay.vehicle === undefined) {
      if (!plugged.connected) bay.between.forget();
      if (use === null || !plugged.connected || plugged.paused || nowMs < bay.againAtMs) return;
      if (bay.between.sleeps(habitNow(plugged, use))) return;
      const { resumes } = bay.between;
      const unixS = (): number => this.#world.wallMs / secondMs;
      const options = pluggedOptions(plugged, use, { evse: index, energy: bay.energy }, { unixS, resumes });
      bay.vehicle = new VirtualVehicle(bay.charger, options, nowMs);
      return;
    }
    if (!plugged.connected) bay.vehicle.leave();
    bay.vehicle.tick(nowMs);
    if (bay.vehicle.result === undefined) return;
    bay.between.ended(bay.vehicle.result);
    bay.vehicle = undefined;
    bay.againAtMs = nowMs + againAfterMs;
    plugged.pilot = "";
  }
}

/**
 * Whether a running island outlives a restart: from every fault-free state with an island, the controller is dead for some
 * ticks and starts again; nature takes every choice. The law that this shows: downtime and one full read are shorter than the
 * stages' watchdog.
 */
import { type ModeRow, modeRows } from "../../src/core/modes/rows.table.ts";
import { modeNames } from "../../src/domain/modes.ts";
import { crash, recordOnDisk, restart } from "./controller.ts";
import { explore } from "./explore.ts";
import { createWorld, F, type World } from "./fields.table.ts";
import { Grid, Role } from "./values.ts";
import { createModel } from "./world.ts";

export interface Adoption {
  readonly downTicks: number;
  readonly islands: number;
  readonly lost: number;
}

/** Ticks after the restart within which the island must be adopted. */
const adoptTicks = 4;
const islandRunning = modeNames.indexOf("islandRunning");

export function islandsLost(rows: readonly ModeRow[] = modeRows, downTicks = 0, stages: 1 | 2 = 1): Adoption {
  const model = createModel({ rows, stages, free: ["grid", "permit", "request"] });
  const { store } = explore(model, 400_000);
  const world = createWorld();
  let islands = 0;
  let lost = 0;
  for (let index = 0; index < store.count; index++) {
    for (let combination = 0; combination < model.inputs.count; combination++) {
      model.inputs.apply(combination, world);
      store.read(index, world);
      if (!settledIsland(world, stages)) continue;
      islands++;
      if (!outlives(world)) lost++;
    }
  }
  return { downTicks, islands, lost };

  function outlives(island: World): boolean {
    crash(island);
    let front: World[] = [island.slice()];
    for (let tick = 0; tick < downTicks; tick++) front = after(front);
    for (const w of front) restart(w, stages);
    for (let tick = 0; tick < adoptTicks; tick++) front = after(front);
    return front.every((w) => w[F.mode] === islandRunning && allForm(w, stages));
  }

  function after(front: readonly World[]): World[] {
    const next: World[] = [];
    for (const from of front) model.tick(from, (to) => next.push(to.slice()));
    return next;
  }
}

const allForm = (w: World, stages: number): boolean =>
  w[F.role] === Role.forming && (stages === 1 || w[F.role2] === Role.forming);

/** An island with its record on disk, nothing about to change, and every stage forming. */
const settledIsland = (w: World, stages: number): boolean =>
  w[F.up] === 1 &&
  w[F.mode] === islandRunning &&
  w[F.grid] === Grid.dead &&
  w[F.permit] !== 0 &&
  recordOnDisk(w) &&
  allForm(w, stages) &&
  w[F.asked] === Role.forming;

/** What is known and wanted of a planned island; `../cycle/planned-island.ts` plans it. */

/** What is known and wanted of a planned island, written in place each cycle. */
export interface PlannedIsland {
  /** What the bus takes without the stages, and what flows through K1, W; NaN while it is not measured. */
  loadW: number;
  flowW: number;
  /** 1 for each stage that is to carry the island. */
  readonly carries: Uint8Array;
  /** What the carriers can give together, W. */
  abilityW: number;
  /** The power that each is asked for while K1 is balanced, W. */
  readonly targetW: Float64Array;
}

/** No island is planned. */
export const createPlannedIsland = (stageCount: number): PlannedIsland => ({
  loadW: Number.NaN,
  flowW: Number.NaN,
  carries: new Uint8Array(stageCount),
  abilityW: 0,
  targetW: new Float64Array(stageCount),
});

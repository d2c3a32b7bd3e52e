/** What the site is permitted and able to do, as several parts of the view ask it. */
import type { SiteState } from "../state.ts";

/** Whether an outage would make an island: K1 is there, some vehicle could form one, and the record of backup allows it. */
export const mayBackUp = (state: SiteState): boolean =>
  state.k1.present && state.island.wouldForm.length > 0 && state.permit?.mode !== "load-only";

const isParallelMode = (mode: string): boolean => mode === "parallel-non-export" || mode === "parallel-export";

/** A permit for parallel operation that counts: not revoked, and every power stage that was found is covered. */
export const hasParallelPermit = (state: SiteState): boolean =>
  state.permit !== null && isParallelMode(state.permit.mode) && !state.permit.revoked && state.permit.covered === true;

/** The same before the power stages have said who they are: nothing is wrong yet, and nothing is proven. */
export const awaitsStages = (state: SiteState): boolean =>
  state.permit !== null && isParallelMode(state.permit.mode) && !state.permit.revoked && state.permit.covered === null;

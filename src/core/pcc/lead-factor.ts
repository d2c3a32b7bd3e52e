/** How far beyond its goal a stage may be commanded while its power comes down (`../setpoints/lead.ts` commands so). */

/** Largest exaggeration, for the usual stage (50 ms) and for slow ones: 3 at 50 ms, 6 at 200 ms, with √τ between. */
const leadAtReference = 3;
const referenceResponseMs = 50;
const leadMax = 6;
/** A single tick takes out at most this share of what is left, so that a model that is too slow does not overshoot. */
const tickShareMax = 0.8;

/** λ of one stage: how far beyond the goal it is commanded, in differences between model and goal. */
export function leadFactor(responseMs: number, tickGain: number): number {
  const byResponse = leadAtReference * Math.sqrt(Math.max(1, responseMs / referenceResponseMs));
  return Math.max(1, Math.min(byResponse, leadMax, tickShareMax / tickGain));
}

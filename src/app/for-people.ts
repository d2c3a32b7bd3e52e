/** What dashboard and command line may know of the core: how to read an explained set-point, and the words for it. */
export { forecastDeparture } from "../core/departure-forecast.ts";
export { explain } from "../core/limits.ts";
export { startsMax } from "../core/mode-state.ts";
export { wishSources } from "../core/schedule.ts";
export { liveMaxMs } from "../core/snapshot.ts";

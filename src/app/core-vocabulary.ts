/** What dashboard and command line may know of the core: how to read an explained setpoint, and the words for it. */

export { stageStaleMs, transferDeviceFreshMs } from "../core/core-config.ts";
export { type Happening, whereLeads } from "../core/modes/consequences.ts";
export { startsMax } from "../core/modes/state.ts";
export { transferDeviceKinds } from "../core/modes/transfer-device.ts";
export { forecastDeparture } from "../core/setpoints/departure-forecast.ts";
export { type Explanation, explain } from "../core/setpoints/limits.ts";
export { requestSources } from "../core/setpoints/schedule.ts";
export { liveMaxMs } from "../core/snapshot.ts";
export { slotReason } from "../planning/reasons.table.ts";

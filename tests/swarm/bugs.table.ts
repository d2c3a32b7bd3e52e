/**
 * Deliberate bugs of the core, one at a time: what somebody could get wrong. `bugs.ts` plants each in a copy of this tree and
 * lets the swarm look for it.
 */
export interface Bug {
  readonly name: string;
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly plant: string;
}

const evses = "src/core/cycle/evses.ts";
const authority = "src/core/modes/authority.ts";
const evseLimits = "src/core/setpoints/evse-limits.ts";
const facts = "src/core/modes/facts.ts";
const timings = "src/core/modes/timings.ts";
const machine = "src/core/modes/machine.ts";
const sources = "src/core/cycle/sources.ts";
const issue = "src/core/cycle/issue.ts";
const guards = "src/core/modes/guards.ts";
const observer = "src/core/pcc/load-observer.ts";

export const bugs: readonly Bug[] = [
  { name: "discharge without authority for parallel operation", file: evses, find: "machine.output.mayDischarge && authority.parallelOK", plant: "machine.output.mayDischarge" },
  { name: "charging in modes that forbid it", file: evses, find: "allowance.charge = machine.output.mayCharge;", plant: "allowance.charge = true;" },
  { name: "a stage with an alarm is used", file: evses, find: " && stage.alarmBits === 0;", plant: ";" },
  { name: "a stage that is not verified is used", file: evses, find: "stage.verified && !stage.local", plant: "!stage.local" },
  { name: "a stage in local control is used", file: evses, find: "stage.verified && !stage.local", plant: "stage.verified" },
  { name: "no ramp after entering service", file: evses, find: "if (dischargeShare < 1)", plant: "if (dischargeShare < 0)" },
  { name: "no ramp of charging", file: evses, find: "if (chargeShare < 1)", plant: "if (chargeShare < 0)" },
  { name: "the smallest power of a vehicle is not known", file: evses, find: "ask.minChargeW = Math.max(minPowerW, evse.vehicleMinChargeW);", plant: "ask.minChargeW = 0;" },
  { name: "every charge is asked for twice over", file: evses, find: "ask.requestedW = askedW;", plant: "ask.requestedW = 2 * askedW;" },
  { name: "a revoked permit counts", file: authority, find: 'if (permit.revoked) return "permit-revoked";', plant: "" },
  { name: "an expired permit counts", file: authority, find: 'if (!(wallMs < permit.validUntilMs)) return "permit-expired";', plant: "" },
  { name: "the installer's service mode does not bound the permit", file: authority, find: 'if (refusal === "" && asked < serviceModes.indexOf("parallel-non-export")) refusal = "service-mode";', plant: "" },
  { name: "service that is not permitted goes on", file: authority, find: 'if (refusal === "" && !site.serviceEnabled) refusal = "service-disabled";', plant: "" },
  { name: "export is limited to twice what the permit says", file: authority, find: "exporting && permit.exportLimitW > 0 ? permit.exportLimitW : 0", plant: "exporting && permit.exportLimitW > 0 ? 2 * permit.exportLimitW : 0" },
  { name: "the reserve is not kept", file: evseLimits, find: 'if (reached) limit(chains, index, "reserve", "vehicle", 0, anyW);', plant: "" },
  { name: "the reserve has no hysteresis", file: evseLimits, find: "const reserveHysteresisPct = 1;", plant: "const reserveHysteresisPct = 0;" },
  { name: "a vehicle that is silent is charged on", file: evseLimits, find: 'else if (nowMs - facts.vehicleAtMs > facts.vehicleForMs) limit(chains, index, "vehicle-stale", "vehicle", 0, 0);', plant: "" },
  { name: "a place without a vehicle is served", file: evseLimits, find: "if (!facts.connected) {", plant: "if (!facts.connected && facts.served) {" },
  { name: "the vehicle's limit does not count", file: evseLimits, find: 'limit(chains, index, "vehicle-limit", "vehicle", -maxDischargeW, maxChargeW);', plant: "" },
  { name: "a person's stop does not count", file: evseLimits, find: 'if (facts.paused) limit(chains, index, "paused", "operator", 0, 0);', plant: "" },
  { name: "a one-way vehicle is discharged", file: evseLimits, find: 'if (!facts.bidirectional) limit(chains, index, "not-bidirectional", "vehicle", 0, anyW);', plant: "" },
  { name: "the charger's rating does not count", file: evseLimits, find: 'limit(chains, index, "stage-rating", "stage", -stage.maxDischargeW, stage.maxChargeW);', plant: "" },
  { name: "one contact that says open is proof", file: facts, find: 'device.contactNo === "open" && device.contactNc === "open"', plant: 'device.contactNo === "open"' },
  { name: "K1's values may be of any age", file: facts, find: "nowMs - device.atMs <= config.deviceFreshMs && nowMs - device.liveAtMs <= config.liveMaxMs;", plant: "device.atMs > 0;" },
  { name: "a device that freezes counts as live", file: facts, find: " && nowMs - device.liveAtMs <= config.liveMaxMs;", plant: ";" },
  { name: "the meter's age does not count", file: facts, find: "nowMs - meter.atMs <= config.meterFreshMs && grid.meterTrusted", plant: "grid.meterTrusted" },
  { name: "a silent stage after a restart is not counted as maybe forming", file: facts, find: 'if (stage.role === "forming" || knownAtMs < startedMs) silentForming++;', plant: 'if (stage.role === "forming") silentForming++;' },
  { name: "a stage that gives power counts as off", file: facts, find: 'if (stage.role === "off" && !gives) continue;', plant: 'if (stage.role === "off" || !gives) continue;' },
  { name: "a tripped grid holds", file: facts, find: "fresh && facts.meterFresh && !grid.tripped && !(present && grid.deviceTripped) && !grid.mainsLost;", plant: "fresh && facts.meterFresh;" },
  { name: "a loss of the mains is not seen", file: facts, find: "!(present && grid.deviceTripped) && !grid.mainsLost;", plant: "!(present && grid.deviceTripped);" },
  { name: "the bus is dead after no time", file: timings, find: "deadMs: 300 + lateMs,", plant: "deadMs: 0," },
  { name: "K1 is given no time to open", file: timings, find: "openMs: Math.max(300, 4 * travelMs) + lateMs,", plant: "openMs: 20," },
  { name: "an open command is believed at once", file: timings, find: "settleMs: Math.max(500, 1.5 * travelMs) + lateMs,", plant: "settleMs: 0," },
  { name: "the island begins inside ride-through", file: timings, find: "outMs: 2 * secondMs,", plant: "outMs: 0," },
  { name: "discharging while isolated from the grid side", file: machine, find: 'isolated: rule("isolated", "open", "none"),', plant: 'isolated: rule("isolated", "none", "none"),' },
  { name: "an island ends with K1 closing onto it", file: machine, find: 'returning: rule("returning", "open", "none"),', plant: 'returning: rule("returning", "close", "none"),' },
  { name: "an empty vehicle carries the island", file: sources, find: "return socPct > (", plant: "return socPct + 100 > (" },
  { name: "a vehicle that a person stopped carries the island", file: sources, find: "if (evse.paused) return false;", plant: "" },
  { name: "leases last ten times as long", file: issue, find: "command.leaseUntilMs = nowMs + core.leaseMs;", plant: "command.leaseUntilMs = nowMs + 10 * core.leaseMs + 5_000;" },
  { name: "the sign of discharging is lost", file: issue, find: "command.powerW = serves ? powerW : 0;", plant: "command.powerW = serves ? Math.abs(powerW) : 0;" },
  { name: "uncommanded output is never seen", file: guards, find: "f.givingLiveAtMs - s.held.uncommandedOutput >= s.timings.disobeyMs &&", plant: "f.givingLiveAtMs - s.held.uncommandedOutput >= 1e9 * s.timings.disobeyMs &&" },
  { name: "a quicker charger counts as disobedient", file: observer, find: " && !isAhead(powerW, expectedW, command, ratedW);", plant: ";" },
  { name: "disobedience is never seen", file: observer, find: "const disobedientShare = 0.1;", plant: "const disobedientShare = 1_000;" },
  { name: "the stages' power is left out of the load", file: observer, find: "o.modelW[i] = next;", plant: "o.modelW[i] = 0.5 * next;" },
];

/** Faults that were planted once and that no test saw, each in the words of the code as it stands, with the tests that see it now. */

export interface Planted {
  readonly id: string;
  /** What is wrong with it. */
  readonly says: string;
  readonly file: string;
  /** What stands there, once, and what is planted in its place. */
  readonly from: string;
  readonly to: string;
  /** Files of tests of which one at least must fail. */
  readonly tests: readonly string[];
}

const facts = "src/core/modes/facts.ts";
const machine = "src/core/modes/machine.ts";
const timings = "src/core/modes/timings.ts";
const evses = "src/core/cycle/evses.ts";
const apply = "firmware-bridge/apply-facts.ts";
const modes = ["tests/core/mode-facts.test.ts", "tests/core/modes.test.ts", "tests/core/mode-timings.test.ts"] as const;
const cycle = ["tests/core/cycle/second-lines.test.ts"] as const;
const bridge = ["tests/firmware-bridge/contacts.test.ts"] as const;

export const planted: readonly Planted[] = [
  { id: "dead-bus-any-stage",    says: "the bus counts as dead although a stage is on", file: facts, from: "facts.busVoltageDead && off;", to: "facts.busVoltageDead;", tests: modes },
  { id: "unheard-not-forming",   says: "after a restart a stage that nobody has heard counts as not forming", file: facts, from: `if (stage.role === "forming" || knownAtMs < startedMs) silentForming++;`, to: `if (stage.role === "forming") silentForming++;`, tests: modes },
  { id: "island-request-stays",  says: "a request for an island never ends", file: facts, from: "site.islandRequested && nowMs < site.islandRequestUntilMs;", to: "site.islandRequested;", tests: modes },
  { id: "backup-without-k1",     says: "backup without a transfer device", file: facts, from: "authority.backupOK && config.canIsolate;", to: "authority.backupOK;", tests: modes },
  { id: "relay-alone",           says: "synchronism while K1 travels is the relay's word alone", file: facts, from: "facts.syncHolds = relay && inSyncWindow(device, config.syncWindow, config.travelMs);", to: "facts.syncHolds = relay;", tests: modes },
  { id: "charges-unproven",      says: "charging on a supply that is not in order", file: machine, from: "charge && f.gridServes;", to: "charge;", tests: modes },
  { id: "lockout-unrecorded",    says: "a lockout is not put on record", file: machine, from: `rule("lockedOut", "none", "locked")`, to: `rule("lockedOut", "none", "none")`, tests: modes },
  { id: "dead-at-once",          says: "a bus that has just died is closed onto", file: timings, from: "deadMs: 300 + lateMs,", to: "deadMs: lateMs,", tests: modes },
  { id: "returns-at-once",       says: "the site returns after a tenth of its delay", file: timings, from: "    returnMs,\n", to: "    returnMs: 0.1 * returnMs,\n", tests: modes },
  { id: "parallel-for-long",     says: "two sources share the bus ten times as long", file: timings, from: "closeLiveMs: travelMs + 50,", to: "closeLiveMs: 10 * (travelMs + 50),", tests: modes },
  { id: "service-mode-open",     says: "the installer's service mode does not bound the permit", file: "src/core/modes/authority.ts", from: `if (refusal === "" && asked < serviceModes.indexOf("parallel-non-export")) refusal = "service-mode";`, to: "", tests: ["tests/core/authority.test.ts"] },
  { id: "reserve-chatters",      says: "the reserve gives way at once", file: "src/core/setpoints/evse-limits.ts", from: "(memory.reached[index] === 1 ? reserveHysteresisPct : 0)", to: "0", tests: ["tests/core/evse-limits.test.ts"] },
  { id: "permit-second-line",    says: "discharging without parallel authority", file: evses, from: "machine.output.mayDischarge && authority.parallelOK;", to: "machine.output.mayDischarge;", tests: cycle },
  { id: "no-enter-ramp",         says: "full discharge at once after entering service", file: evses, from: `mode === "ramping" && timings.rampMs > 0 ? (nowMs - sinceMs) / timings.rampMs : 1;`, to: `mode === "ramping" && timings.rampMs > 0 ? 1 : 1;`, tests: cycle },
  { id: "alarm-used",            says: "a stage with an alarm is used", file: evses, from: "stage.verified && !stage.local && stage.alarmBits === 0;", to: "stage.verified && !stage.local;", tests: cycle },
  { id: "transfer-trip-unheard", says: "the transfer device's own transfer trip is not heard", file: "src/core/cycle/grid.ts", from: "site.transferTrip || transferDevice.transferTrip;", to: "site.transferTrip;", tests: cycle },
  { id: "restarts-at-reserve",   says: "an island that ended at the reserve starts again at once", file: "src/core/cycle/sources.ts", from: "neededPct + restartAbovePct);", to: "neededPct);", tests: cycle },
  { id: "sequence-again",        says: "a sequence number is sent again after a write that was not acknowledged", file: "firmware-bridge/stage/stage-unit.ts", from: "if (isNewer(sequence, this.sequence)) this.sequence = sequence;\n    }", to: "void sequence;\n    }", tests: ["tests/firmware-bridge/kept-promises.test.ts"] },
  { id: "contacts-swapped",      says: "K1's contacts read the wrong way", file: apply, from: `code === 0 ? "open" : code === 1 ? "closed"`, to: `code === 1 ? "open" : code === 0 ? "closed"`, tests: bridge },
  { id: "transit-is-open",       says: "a K1 under way reads as open", file: apply, from: `code === 1 ? "closed" : "unknown"`, to: `code === 1 ? "closed" : "open"`, tests: bridge },
  { id: "ability-assumed",       says: "a stage that has not told its ability is taken at its rating", file: apply, from: "if (!tells) return ratedW;", to: "if (!tells || Number.isNaN(told)) return ratedW;", tests: ["tests/firmware-bridge/stage-ability.test.ts"] },
  { id: "relay-inverted",        says: "the synchronism relay reads the wrong way", file: apply, from: "device.syncRelay = v[transferDeviceFact.syncRelay] === 1;", to: "device.syncRelay = v[transferDeviceFact.syncRelay] !== 1;", tests: bridge },
  { id: "trip-inverted",         says: "the independent relay's contact reads the wrong way", file: apply, from: "device.relayTripped = v[transferDeviceFact.relayTripped] === 1;", to: "device.relayTripped = v[transferDeviceFact.relayTripped] !== 1;", tests: bridge },
  { id: "heartbeat-unseen",      says: "a stage whose heartbeat stands is alive", file: apply, from: "stage.alive = !context.hasHeartbeat || atMs - beatAtMs <= stageHeartbeatMaxMs;", to: "stage.alive = true;", tests: ["tests/firmware-bridge/contacts.test.ts", "tests/firmware-bridge/life-sign.test.ts", "tests/firmware-bridge/kept-promises.test.ts"] },
  { id: "failed-counts",         says: "a write that failed counts as acknowledged", file: "firmware-bridge/cycle/writes.ts", from: "device.writer!.failed(request);", to: "device.writer!.acknowledge(request);", tests: ["tests/firmware-bridge/kept-promises.test.ts"] },
  { id: "old-panel-kept",        says: "a load panel's old values are kept for ever", file: "firmware-bridge/parts/load-panel-unit.ts", from: "if (isForgotten(this.device, nowMs))", to: "if (isForgotten(this.device, Number.NEGATIVE_INFINITY))", tests: ["tests/firmware-bridge/kept-promises.test.ts"] },
  { id: "writes-into-trials",    says: "the cycle writes into a verification", file: "firmware-bridge/cycle/writes.ts", from: "if (writer === undefined || device.held ||", to: "if (writer === undefined ||", tests: ["tests/firmware-bridge/kept-promises.test.ts", "tests/firmware-bridge/watchdog.test.ts"] },
  { id: "watchdog-untried",      says: "a stage whose watchdog does nothing passes", file: "firmware-bridge/stage/verify-watchdog.ts", from: "if (acted !== null) return", to: "if (acted !== null && clock() < 0) return", tests: ["tests/firmware-bridge/watchdog.test.ts"] },
  { id: "silence-forgets-nothing", says: "after a silence nothing is written anew", file: "firmware-bridge/bridge.ts", from: "if (!this.#silent) this.#writes.forget();", to: "", tests: ["tests/firmware-bridge/kept-promises.test.ts", "tests/firmware-bridge/silence.test.ts"] },
  { id: "expired-sent",          says: "a request whose time is over is sent", file: "src/protocols/modbus/link.ts", from: `if (exchange.deadlineMs <= nowMs) return "not-sent";`, to: "", tests: ["tests/protocols/modbus/tcp-link.test.ts", "tests/protocols/modbus/rtu-link.test.ts"] },
  { id: "revocations-forgotten", says: "a new revocation forgets the older ones", file: "src/app/permits/permit-history.ts", from: "revoked: [...a.revoked, ...b.revoked.filter(({ id }) => !revokedIds.has(id))].slice(-historyMax),", to: "revoked: b.revoked.length > 0 ? b.revoked : a.revoked,", tests: ["tests/app/permit.test.ts"] },
  { id: "hung-serves",           says: "a service that hangs goes on serving", file: "src/app/control/shared/inputs.ts", from: "    site.serviceEnabled = false;\n", to: "", tests: ["tests/app/inputs-stale.test.ts"] },
  { id: "hung-island",           says: "a service that hangs goes on asking for an island", file: "src/app/control/shared/inputs.ts", from: "    site.islandRequested = false;\n", to: "", tests: ["tests/app/inputs-stale.test.ts"] },
  { id: "leaves-uncarried",      says: "a stage leaves the island although the others don't carry", file: "src/core/island/formers.ts", from: "if (i === leaving || island.forms[i] === 0 || island.carries[i] === 0) continue;", to: "if (i === leaving || island.forms[i] === 0) continue;", tests: ["tests/core/island.test.ts"] },
  { id: "restore-chatters",      says: "a tier comes back as soon as there is enough", file: "src/core/island/tiers.ts", from: "!sheddable || nowMs - state.plentySinceMs >= tuning.energyHoldMs;", to: "true;", tests: ["tests/core/island.test.ts"] },
  { id: "fed-while-rising",      says: "tiers are fed while the bus still rises", file: "src/core/island/island.ts", from: `if (busUp || (busLive && island.phase !== "starting"))`, to: "if (busLive)", tests: ["tests/core/island.test.ts"] },
  { id: "inrush-in-travel",      says: "a tier is closed while K1's contact travels", file: "src/core/island/island.ts", from: "island.tiers.held = mode.resynchronize && snapshot.transferDevice.syncRelay;", to: "island.tiers.held = false;", tests: ["tests/core/island.test.ts"] },
  { id: "no-rest",               says: "a tier comes back at once after an overload", file: "src/core/island/tiers.ts", from: "state.restUntilMs = nowMs + tuning.restMs;", to: "state.restUntilMs = nowMs;", tests: ["tests/core/island.test.ts"] },
  { id: "caps-share-a-name",     says: "whoever caps charging is named for a cap on giving back", file: "src/core/pcc/export-control.ts", from: "out.minSource[c] = group.discharge.source;", to: "out.minSource[c] = group.charge.source;", tests: ["tests/core/cycle/limit-sources.test.ts"] },
  { id: "silent-link-good",      says: "a meter whose link breaks after a still value counts as good for ever", file: "src/core/pcc/meter-supervision.ts", from: "|| readMs < updateMs || linkIsSilent) {", to: "|| readMs < updateMs) {", tests: ["tests/core/pcc/meter-supervision.test.ts"] },
  { id: "old-meter-live",        says: "the page calls a meter live whose last answer is old", file: "src/dashboard/live/known.ts", from: "meterQuality === Quality.good && atMs - meterAtMs <= meterAnswersMaxMs;", to: "meterQuality === Quality.good;", tests: ["tests/dashboard/known.test.ts"] },
  { id: "list-each-sample",      says: "a list is made with each sample of the meter", file: "src/core/pcc/export-control.ts", from: "  const sample = control.proofSample;\n", to: "  const sample = control.proofSample;\n  for (const one of [control, sample, gain, proof]) if (one === null) return;\n", tests: ["tests/core/steady-tick.test.ts"] },
  { id: "invited-twice",         says: "two use one invitation at the same moment", file: "src/dashboard/access/accounts.ts", from: "if (accepting.has(invitation.hash)) return", to: "if (accepting.size < 0) return", tests: ["tests/dashboard/accounts.test.ts"] },
];

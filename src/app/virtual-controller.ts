/**
 * The controller without threads and sockets: the same core, stepped by whoever owns the time. Scenarios, swarm and replay
 * use it. `stored` stands for the disk: what it holds survives the controller.
 */
import type { GridProfile } from "../config/grid-profiles.ts";
import type { SiteConfig } from "../config/site.ts";
import type { Commands } from "../core/commands.ts";
import { type Core, createCore } from "../core/core.ts";
import { explain } from "../core/limits.ts";
import { emptyRecord, type ModeRecord } from "../core/mode-state.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { step } from "../core/step.ts";
import type { Mode } from "../domain/modes.ts";

/** Key of the mode machine's record in `stored`. */
const recordKey = "mode-record";

export interface VirtualController {
  readonly mode: Mode;
  step(snapshot: Snapshot, nowMs: number): Commands;
  /** Reasons that bind an EVSE's set-point. */
  explain(evse: number): readonly string[];
}

/** A controller that has just been started; its clock begins with its first step. */
export function startVirtualController(
  config: SiteConfig,
  profile: GridProfile,
  stored: Map<string, unknown>,
): VirtualController {
  let core: Core | undefined;
  let storedGeneration = 0;
  const start = (nowMs: number): Core => {
    const record = (stored.get(recordKey) as ModeRecord | undefined) ?? emptyRecord;
    return createCore(config, { profile, record: { ...record }, nowMs });
  };
  return {
    get mode() {
      return core?.machine.state.mode ?? "unknown";
    },
    step(snapshot, nowMs) {
      core ??= start(nowMs);
      snapshot.site.storedGeneration = storedGeneration;
      const commands = step(core, snapshot, nowMs);
      const { state, output } = core.machine;
      if (output.persist) {
        stored.set(recordKey, { ...state.record });
        storedGeneration = state.record.generation;
      }
      return commands;
    },
    explain: (evse) =>
      core === undefined
        ? []
        : explain(core.chains.values, evse)
            .limits.filter(({ binds }) => binds)
            .map(({ reason }) => reason),
  };
}

/**
 * What a guard limits: consumption and production, each with its own states, and one fail-safe duration. What holds becomes a cap
 * in the port for requests. Fail-safe limits that the guard has stated, and what held, are kept over a restart.
 */

import { z } from "zod";
import type { SiteConfig } from "../../../config/site.ts";
import { hourMs } from "../../../domain/units.ts";
import { createLimitMachine, type FailSafe, type LimitMachine } from "../../../protocols/eebus/limit-machine.ts";
import {
  type LimitEvent,
  type LimitState,
  limitEvents,
  limitStates,
} from "../../../protocols/eebus/limit-states.table.ts";
import { type Direction, directionNames, type Shown } from "../../../protocols/eebus/spine-local.ts";
import type { WrittenLimit } from "../../../protocols/eebus/spine-writes.ts";
import type { Log } from "../../log.ts";
import type { Documents } from "../../store/store.ts";
import type { AskName } from "../asks.table.ts";
import type { Asker, LinkPort } from "../link-port.ts";

const durationMinMs = 2 * hourMs;
const durationMaxMs = 24 * hourMs;
/** Beyond this a limit is no limit of a site, W. */
const valueMaxW = 1e7;

const collection = "eebus";
const keptSchema = z.object({
  failSafeW: z.record(z.string(), z.number().min(0)),
  durationMs: z.number().min(durationMinMs).max(durationMaxMs).nullable(),
  held: z.record(
    z.string(),
    z.object({ state: z.enum(limitStates), valueW: z.number().min(0).nullable(), endsAtMs: z.number().nullable() }),
  ),
});
type Kept = z.infer<typeof keptSchema>;

const caps = { consumption: "chargeLimitW", production: "exportLimitW" } as const satisfies Record<Direction, AskName>;
const words = { consumption: "Consumption", production: "Production" } as const;
const stateWords: Readonly<Record<LimitState, string>> = {
  init: "the peer is waited for, the fail-safe limit holds",
  "unlimited-controlled": "the peer limits nothing",
  limited: "the peer's limit holds",
  "fail-safe": "the peer's heartbeat is missing, the fail-safe limit holds",
  "unlimited-autonomous": "no peer limits",
};

export interface GuardLimitsOptions {
  readonly config: Pick<SiteConfig, "evses" | "pcc">;
  readonly eebus: NonNullable<SiteConfig["links"]["eebus"]>;
  readonly links: Pick<LinkPort, "ask" | "release" | "standing">;
  readonly documents: Documents;
  readonly log: Log;
  /** What the guard is called, for people. */
  readonly guardName: () => string;
  /** Monotonic, ms. */
  readonly nowMs: () => number;
  readonly nowUtcMs: () => number;
}

export interface GuardLimits {
  readonly shown: Shown;
  limit(direction: Direction, limit: WrittenLimit): string;
  failSafeLimit(direction: Direction, valueW: number): string;
  failSafeDuration(durationMs: number): string;
  heartbeat(atMs: number): void;
  /** Moves on with time; true where what peers are shown has changed. */
  look(): boolean;
  /** Nobody is trusted any more: a person's word ends what held. */
  end(): void;
  /** The guard's heartbeat is missing: a fail-safe limit holds. */
  readonly isMissed: boolean;
  /** In words, of both directions. */
  readonly sentence: string;
}

interface Limited {
  readonly direction: Direction;
  readonly machine: LimitMachine;
}

export function createGuardLimits(options: GuardLimitsOptions): GuardLimits {
  const { config, eebus, links, documents, log, nowMs, nowUtcMs } = options;
  const kept = readKept(documents.get(collection, "limits"));
  const offered = directionNames.filter((direction) => eebus[direction]);
  const failSafeW = (direction: Direction): number => {
    const standard = direction === "consumption" ? eebus.failSafeW : eebus.failSafeExportW;
    return kept.failSafeW[direction] ?? standard;
  };
  const durationMs = (): number => kept.durationMs ?? eebus.failSafeH * hourMs;
  const failSafeOf = (direction: Direction): FailSafe => ({
    limitW: failSafeW(direction),
    durationMs: durationMs(),
    endsByItself: eebus.failSafeEnds,
  });
  const all: readonly Limited[] = offered.map((direction) => ({ direction, machine: begin(kept, direction, options) }));
  const of = (direction: Direction): LimitMachine | undefined =>
    all.find((one) => one.direction === direction)?.machine;
  for (const one of all) putInForce(one);

  /** As it holds: the grid operator leaves the site a floor of consumption. */
  function heldW({ direction, machine }: Limited): number | null {
    const limitW = machine.limitW(failSafeOf(direction));
    return limitW === null || direction === "production" ? limitW : Math.max(limitW, eebus.floorW);
  }

  function putInForce(one: Limited): void {
    const what = caps[one.direction];
    const limitW = heldW(one);
    const asker = askerOf(one.machine.state, options.guardName());
    if (limitW !== null) links.ask(asker, { what, evse: 0, value: limitW, reason: stateWords[one.machine.state] });
    else if (links.standing().some((standing) => standing.link === "eebus" && standing.what === what))
      links.release(asker, what, 0);
    const { state, latest } = one.machine;
    const endsAtMs = latest?.endsMs == null ? null : nowUtcMs() + latest.endsMs - nowMs();
    // What held before the start is remembered until the peer is heard or missed.
    if (state !== "init") kept.held[one.direction] = { state, valueW: state === "limited" ? limitW : null, endsAtMs };
    keep();
  }
  function keep(): void {
    documents.put(collection, "limits", JSON.stringify(kept));
  }

  function note(one: Limited, from: LimitState, event: LimitEvent): void {
    const { state } = one.machine;
    const limitW = heldW(one);
    const what = limitW === null ? "" : ` (${limitW} W)`;
    const clears = state === "fail-safe" ? " Ends when its heartbeat is back and it states a limit or none." : "";
    const level = state === "fail-safe" ? "warn" : "info";
    if (from !== state || event === "activated")
      log(level, `EEBUS, ${words[one.direction]}: ${stateWords[state]}${what}. ${limitEvents[event]}${clears}`);
  }

  function step(one: Limited): boolean {
    const from = one.machine.state;
    const event = one.machine.step(failSafeOf(one.direction), nowMs());
    if (event === null) return false;
    putInForce(one);
    note(one, from, event);
    return true;
  }

  return {
    shown: {
      directions: offered,
      limit(direction) {
        const latest = of(direction)?.latest ?? null;
        const isActive = of(direction)?.state === "limited";
        const leftMs = latest?.endsMs == null ? null : latest.endsMs - nowMs();
        return { valueW: latest?.valueW ?? 0, isActive, leftMs: isActive ? leftMs : null };
      },
      failSafeLimitW: failSafeW,
      failSafeDurationMs: durationMs,
      nominalW: (direction) =>
        direction === "consumption" ? config.pcc.importLimitW : Math.min(config.pcc.exportLimitW, valueMaxW),
    },
    limit(direction, { isActive, valueW, endInMs }) {
      const machine = of(direction);
      if (machine === undefined) return "This direction is not limited here.";
      if (isActive && valueW > valueMaxW) return "The value is no limit of a site.";
      const now = nowMs();
      machine.word({ isActive, valueW, endsMs: endInMs === null ? null : now + endInMs }, now);
      for (const one of all) step(one);
      return "";
    },
    failSafeLimit(direction, valueW) {
      if (valueW > valueMaxW) return "The value is no limit of a site.";
      kept.failSafeW[direction] = valueW;
      for (const one of all) if (one.direction === direction) putInForce(one);
      keep();
      return "";
    },
    failSafeDuration(ms) {
      if (!(ms >= durationMinMs && ms <= durationMaxMs)) return "The duration is one of 2 to 24 hours.";
      kept.durationMs = ms;
      keep();
      return "";
    },
    heartbeat: (atMs) => {
      for (const { machine } of all) machine.heartbeat(atMs);
    },
    look: () => all.map(step).some((changed) => changed),
    end() {
      const asker = askerOf("unlimited-autonomous", options.guardName());
      for (const { direction } of all)
        if (links.standing().some(({ link, what }) => link === "eebus" && what === caps[direction]))
          links.release(asker, caps[direction], 0);
      documents.remove(collection, "limits");
    },
    get isMissed() {
      return all.some(({ machine }) => machine.state === "fail-safe");
    },
    get sentence() {
      return all
        .map((one) => {
          const limitW = heldW(one);
          return `${words[one.direction]}: ${stateWords[one.machine.state]}${limitW === null ? "" : ` (${limitW} W)`}.`;
        })
        .join(" ");
    },
  };
}

/** One guard at a time limits: its caps replace those of the one before. */
const askerOf = (state: LimitState, guardName: string): Asker => ({
  link: "eebus",
  id: "guard",
  name: `${guardName} (EEBUS${state === "fail-safe" || state === "init" ? ", fail-safe" : ""})`,
  rights: ["limits"],
  isPerson: false,
});

/** Begins anew, with what held before the start. */
function begin(kept: Kept, direction: Direction, { nowMs, nowUtcMs }: GuardLimitsOptions): LimitMachine {
  const before = kept.held[direction];
  if (before === undefined) return createLimitMachine(nowMs(), false, null);
  const isOver = before.endsAtMs !== null && before.endsAtMs <= nowUtcMs();
  const held = before.state === "fail-safe" || (before.state === "limited" && !isOver);
  const valueW = before.valueW;
  return createLimitMachine(nowMs(), held, held && valueW !== null ? { valueW } : null);
}

function readKept(text: string | undefined): Kept {
  try {
    return keptSchema.parse(JSON.parse(text ?? ""));
  } catch {
    // Nothing was kept, or it can't be read: the configured fail-safe limits hold until the guard states others.
    return { failSafeW: {}, durationMs: null, held: {} };
  }
}

/**
 * Where the controller ends up when the environment stands still: strongly connected components of the ticks alone. A component
 * that nothing leaves must be one mode (more than one: it oscillates for ever), and the mode that the environment calls for.
 */
import { startsMax } from "../../src/core/modes/state.ts";
import { type Mode, modeNames } from "../../src/domain/modes.ts";
import type { Lists } from "./explore.ts";
import { fault, faultNames } from "./faults.table.ts";
import { createWorld, F, type World } from "./fields.table.ts";
import { Grid, Permit } from "./values.ts";
import { describe, type Model } from "./world.ts";

export interface Trouble {
  /** "oscillates" or "stuck", and where. */
  readonly what: string;
  readonly states: number;
  readonly example: string;
}

const isolated = modeNames.indexOf("isolated");
const islandStarting = modeNames.indexOf("islandStarting");
const isOutOfStarts = (w: World): boolean => w[F.up] === 1 && w[F.mode] === isolated && w[F.starts] === 0;

/** Cut off from a bad grid with a start left: without a fault one start must be enough. */
const couldStart = (w: World): boolean =>
  w[F.up] === 1 &&
  (w[F.mode] === isolated || w[F.mode] === islandStarting) &&
  w[F.starts]! > 0 &&
  w[F.grid]! >= Grid.tripped &&
  w[F.permit] !== Permit.none &&
  w[F.noSource] === 0;

/** The modes in which a site without a fault may rest, in this environment. */
function restingModes(w: World, hasDevice: boolean): readonly string[] {
  const backup = w[F.permit] !== Permit.none && hasDevice;
  const parallel = w[F.permit] === Permit.parallel && w[F.service] === 1 && w[F.latch] === 0;
  const noStart = w[F.starts] === 0 || w[F.noSource] === 1;
  if (w[F.mode] === modeNames.indexOf("lockedOut")) return [];
  const cut = backup && !noStart ? ["islandRunning"] : ["isolated"];
  const joined = parallel ? ["parallel", "ceased"] : ["loadOnly"];
  if (w[F.request] === 1 && backup)
    return noStart ? ["islandRunning", ...cut, ...joined, "loadOnly"] : ["islandRunning"];
  if (w[F.grid] === Grid.normal) {
    if (w[F.blocked] === 1) return ["islandRunning", "isolated"];
    return parallel ? ["parallel"] : ["loadOnly"];
  }
  // A sag inside ride-through changes nothing, except that nothing begins.
  if (w[F.grid] === Grid.sag) return ["islandRunning", ...cut, ...joined];
  if (!backup) return hasDevice ? ["loadOnly", "isolated"] : joined;
  return noStart ? ["isolated", "loadOnly", "ceased", "islandRunning"] : ["islandRunning"];
}

/** Modes that must end by themselves, whatever has failed. */
const passing: ReadonlySet<string> = new Set<Mode>([
  "unknown",
  "isolating",
  "opening",
  "islandStarting",
  "returning",
  "closing",
  "resyncing",
  "closingLive",
  "zeroingExchange",
  "transferToIsland",
]);

/** What a tick leads to: successors of a state under a combination of inputs are `to(start)` up to `to(end - 1)`. */
export interface Ticks {
  start(state: number, combination: number): number;
  end(state: number, combination: number): number;
  to(at: number): number;
}

/** What is judged: states, what ticks lead to, and how to read one. */
export interface Explored {
  readonly count: number;
  readonly ticks: Ticks;
  readonly read: (index: number, world: World) => void;
  /** Where the search begins under a combination: all states, or those without which nothing new can be found. */
  readonly roots?: (combination: number) => Int32Array;
}

/** The ticks of a graph, as the explorer keeps it. */
export const ticksOf = ({ first, values }: Lists, inputCount: number): Ticks => ({
  start: (state, combination) => first[state * inputCount + combination]!,
  end: (state, combination) => first[state * inputCount + combination + 1]!,
  to: (at) => values[at]!,
});

/**
 * Troubles among the states that were explored. Inputs stand still, so each of their combinations is a graph of its own. With a
 * fault, resting safely is right: then only oscillation counts, and waiting in a mode that must pass.
 */
export function livenessTroubles(model: Model, { count, ticks, read, roots }: Explored): Trouble[] {
  const { inputs } = model;
  const troubles = new Map<string, Trouble>();
  const search = new ComponentSearch(count);
  const world = createWorld();
  const faulty = model.options.faults.some((one) => one !== "none");
  const everyState = roots === undefined ? Int32Array.from({ length: count }, (_, index) => index) : undefined;
  for (let combination = 0; combination < inputs.count; combination++) {
    if (inputs.isReset(combination)) continue;
    const { seen, emitted, component } = search.run(ticks, combination, roots?.(combination) ?? everyState!);
    // Component numbers are below the number of states seen.
    const leaves = new Uint8Array(seen.length);
    const modes = new Uint32Array(seen.length);
    for (const from of seen) {
      const own = component[from]!;
      const end = ticks.end(from, combination);
      for (let e = ticks.start(from, combination); e < end; e++) if (component[ticks.to(e)] !== own) leaves[own] = 1;
    }
    for (const index of seen) {
      const own = component[index]!;
      if (leaves[own] === 1) continue;
      read(index, world);
      if (world[F.up] === 1) modes[own]! |= 1 << world[F.mode]!;
    }
    const note = (what: string): void => {
      const known = troubles.get(what);
      troubles.set(what, { what, states: (known?.states ?? 0) + 1, example: known?.example ?? describe(world) });
    };
    // Components are numbered against the direction of the ticks: what a state leads to has been judged before it.
    const inVain = new Uint8Array(seen.length);
    for (const index of emitted) {
      const own = component[index]!;
      read(index, world);
      inputs.apply(combination, world);
      if (leaves[own] === 0 && modes[own] !== 0) {
        const what = judge(world, modes[own]!, model.options.device);
        if (what !== "") note(what);
      }
      if (faulty) continue;
      const end = ticks.end(index, combination);
      for (let e = ticks.start(index, combination); e < end; e++) inVain[own]! |= inVain[component[ticks.to(e)]!]!;
      if (isOutOfStarts(world)) inVain[own] = 1;
      else if (inVain[own] === 1 && couldStart(world)) note("uses up its starts in vain");
    }
  }
  return [...troubles.values()].sort((a, b) => b.states - a.states);
}

function judge(w: World, modes: number, hasDevice: boolean): string {
  const kind = faultNames[w[F.fault]!]!;
  const suffix = w[F.fault] === fault.none ? "" : ` (${kind}${w[F.faultOn] === 1 ? "" : ", not yet"})`;
  const mode = modeNames[w[F.mode]!]!;
  if ((modes & (modes - 1)) !== 0)
    return `oscillates between ${modeNames.filter((_, i) => modes & (1 << i)).join(", ")}${suffix}`;
  if (passing.has(mode)) return `waits for ever in ${mode}${suffix}`;
  const acts = w[F.faultOn] === 1 || w[F.fault2On] === 1;
  const joined = mode === "loadOnly" || mode === "parallel";
  if (!acts && (mode === "islandRunning" || joined) && w[F.disagreements] !== 0)
    return `never forgets disagreements in ${mode}`;
  if (!acts && (mode === "islandRunning" || (joined && w[F.grid] === Grid.normal)) && w[F.starts]! < startsMax)
    return `never refills the starts in ${mode}`;
  if (w[F.fault] !== fault.none) return "";
  if (restingModes(w, hasDevice).includes(mode)) return "";
  return `stuck in ${mode} while the grid is ${["normal", "sagging", "tripped", "dead"][w[F.grid]!]}`;
}

interface Components {
  readonly seen: Int32Array;
  readonly emitted: Int32Array;
  readonly component: Int32Array;
}

/** Tarjan's algorithm without recursion. Its memory serves one combination of inputs after the other. */
class ComponentSearch {
  private readonly component: Int32Array;
  private readonly order: Int32Array;
  private readonly low: Int32Array;
  private readonly onStack: Uint8Array;
  private readonly stack: Int32Array;
  private readonly path: Int32Array;
  private readonly edgeAt: Int32Array;
  private readonly found: Int32Array;
  private readonly emitted: Int32Array;

  constructor(count: number) {
    this.component = new Int32Array(count);
    this.order = new Int32Array(count);
    this.low = new Int32Array(count);
    this.onStack = new Uint8Array(count);
    this.stack = new Int32Array(count);
    this.path = new Int32Array(count);
    this.edgeAt = new Int32Array(count);
    this.found = new Int32Array(count);
    this.emitted = new Int32Array(count);
  }

  /**
   * The states that `roots` lead to, in the order in which they were found and in the order of their components, and for each
   * of them the number of its strongly connected component.
   */
  run(ticks: Ticks, combination: number, roots: Int32Array): Components {
    const { component, order, low, onStack, stack, path, edgeAt, found, emitted } = this;
    let emittedCount = 0;
    let stacked = 0;
    let seen = 0;
    let components = 0;
    for (const root of roots) {
      if (order[root] !== 0) continue;
      let depth = 0;
      path[0] = root;
      while (depth >= 0) {
        const at = path[depth]!;
        if (order[at] === 0) {
          found[seen] = at;
          order[at] = low[at] = ++seen;
          stack[stacked++] = at;
          onStack[at] = 1;
          edgeAt[at] = ticks.start(at, combination);
        }
        let descended = false;
        const end = ticks.end(at, combination);
        while (edgeAt[at]! < end) {
          const to = ticks.to(edgeAt[at]!++);
          if (order[to] === 0) {
            path[++depth] = to;
            descended = true;
            break;
          }
          if (onStack[to] === 1 && order[to]! < low[at]!) low[at] = order[to]!;
        }
        if (descended) continue;
        if (low[at] === order[at]) {
          let member: number;
          do {
            member = stack[--stacked]!;
            onStack[member] = 0;
            component[member] = components;
            emitted[emittedCount++] = member;
          } while (member !== at);
          components++;
        }
        depth--;
        if (depth >= 0 && low[at]! < low[path[depth]!]!) low[path[depth]!] = low[at]!;
      }
    }
    for (let i = 0; i < seen; i++) order[found[i]!] = 0;
    return { seen: found.subarray(0, seen), emitted: emitted.subarray(0, seen), component };
  }
}

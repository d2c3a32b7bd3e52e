/**
 * Where the controller ends up when the environment stands still: strongly connected components of the ticks alone. A component
 * that nothing leaves must be one mode (more than one: it oscillates for ever), and the mode that the environment calls for.
 */
import { modeNames } from "../../src/domain/modes.ts";
import { Grid, Permit } from "./controller.ts";
import type { StateStore } from "./explore.ts";
import { fault, faultNames } from "./faults.table.ts";
import { createWorld, F, type World } from "./fields.table.ts";
import { describe, type Model } from "./world.ts";

export interface Trouble {
  /** "oscillates" or "stuck", and where. */
  readonly what: string;
  readonly states: number;
  readonly example: string;
}

/** The modes in which a site without a fault may rest, in this environment. */
export function restingModes(w: World, hasDevice: boolean): readonly string[] {
  const backup = w[F.permit] !== Permit.none && hasDevice;
  const parallel = w[F.permit] === Permit.parallel && w[F.service] === 1 && w[F.latch] === 0;
  const noStart = w[F.starts] === 0 || w[F.noSource] === 1;
  if (w[F.mode] === modeNames.indexOf("lockedOut")) return [];
  const cut = backup && !noStart ? ["islandRunning"] : ["isolated"];
  const joined = parallel ? ["parallel", "ceased"] : ["loadOnly"];
  if (w[F.wish] === 1 && backup) return noStart ? ["islandRunning", ...cut, ...joined, "loadOnly"] : ["islandRunning"];
  if (w[F.grid] === Grid.normal) {
    if (w[F.blocked] === 1) return ["islandRunning", "isolated"];
    return parallel ? ["parallel"] : ["loadOnly"];
  }
  // A sag inside ride-through changes nothing, except that nothing begins.
  if (w[F.grid] === Grid.sag) return ["islandRunning", ...cut, ...joined];
  if (!backup) return hasDevice ? ["loadOnly", "isolated"] : joined;
  return noStart ? ["isolated", "loadOnly", "ceased", "islandRunning"] : ["islandRunning"];
}

/** Troubles among all states of `store`. With a fault only oscillation counts: resting safely is right then. */
export function livenessTroubles(model: Model, store: StateStore): Trouble[] {
  const { firstEdge, edges } = tickGraph(model, store);
  const component = components(firstEdge, edges);
  const leaves = new Uint8Array(store.count);
  for (let from = 0; from < store.count; from++) {
    for (let e = firstEdge[from]!; e < firstEdge[from + 1]!; e++) {
      if (component[edges[e]!] !== component[from]) leaves[component[from]!] = 1;
    }
  }
  const modesOf = new Uint32Array(store.count);
  const world = createWorld();
  for (let index = 0; index < store.count; index++) {
    if (leaves[component[index]!] === 1) continue;
    store.read(index, world);
    if (world[F.up] === 1) modesOf[component[index]!]! |= 1 << world[F.mode]!;
  }
  const troubles = new Map<string, Trouble>();
  for (let index = 0; index < store.count; index++) {
    const modes = modesOf[component[index]!]!;
    if (modes === 0) continue;
    store.read(index, world);
    const what = judge(world, modes, model.options.device);
    if (what === "") continue;
    const known = troubles.get(what);
    troubles.set(what, { what, states: (known?.states ?? 0) + 1, example: known?.example ?? describe(world) });
  }
  return [...troubles.values()].sort((a, b) => b.states - a.states);
}

function judge(w: World, modes: number, hasDevice: boolean): string {
  const kind = faultNames[w[F.fault]!]!;
  const suffix = w[F.fault] === fault.none ? "" : ` (${kind}${w[F.faultOn] === 1 ? "" : ", not yet"})`;
  if ((modes & (modes - 1)) !== 0)
    return `oscillates between ${modeNames.filter((_, i) => modes & (1 << i)).join(", ")}${suffix}`;
  if (w[F.fault] !== fault.none) return "";
  const mode = modeNames[w[F.mode]!]!;
  if (restingModes(w, hasDevice).includes(mode)) return "";
  return `stuck in ${mode} while the grid is ${["normal", "sagging", "tripped", "dead"][w[F.grid]!]}`;
}

/** Successors by ticks, as one flat list. */
function tickGraph(model: Model, store: StateStore): { firstEdge: Int32Array; edges: Int32Array } {
  const firstEdge = new Int32Array(store.count + 1);
  let edges = new Int32Array(store.count * 2);
  const world = createWorld();
  let count = 0;
  const found = (to: World): void => {
    if (count === edges.length) {
      const larger = new Int32Array(edges.length * 2);
      larger.set(edges);
      edges = larger;
    }
    edges[count++] = store.find(to);
  };
  for (let index = 0; index < store.count; index++) {
    firstEdge[index] = count;
    store.read(index, world);
    model.tick(world, found);
  }
  firstEdge[store.count] = count;
  return { firstEdge, edges };
}

/** Tarjan's algorithm without recursion: for each state the number of its component. */
function components(firstEdge: Int32Array, edges: Int32Array): Int32Array {
  const n = firstEdge.length - 1;
  const component = new Int32Array(n).fill(-1);
  const order = new Int32Array(n);
  const low = new Int32Array(n);
  const onStack = new Uint8Array(n);
  const stack = new Int32Array(n);
  const path = new Int32Array(n);
  const edgeAt = new Int32Array(n);
  let stacked = 0;
  let seen = 0;
  let found = 0;
  for (let root = 0; root < n; root++) {
    if (order[root] !== 0) continue;
    let depth = 0;
    path[0] = root;
    while (depth >= 0) {
      const at = path[depth]!;
      if (order[at] === 0) {
        order[at] = low[at] = ++seen;
        stack[stacked++] = at;
        onStack[at] = 1;
        edgeAt[at] = firstEdge[at]!;
      }
      let descended = false;
      while (edgeAt[at]! < firstEdge[at + 1]!) {
        const to = edges[edgeAt[at]!++]!;
        if (to < 0) continue;
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
          component[member] = found;
        } while (member !== at);
        found++;
      }
      depth--;
      if (depth >= 0 && low[at]! < low[path[depth]!]!) low[path[depth]!] = low[at]!;
    }
  }
  return component;
}

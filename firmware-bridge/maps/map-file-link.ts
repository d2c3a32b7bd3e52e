/** What a map file says about how its device wants to be spoken to, and how often a meter has something new to say. */
import type { YAMLMap } from "yaml";
import type { ConnectorStep, LinkHabits, Sampling } from "./device-map.ts";
import type { NodeReader } from "./map-file-node.ts";

const ranges = {
  replyTimeoutMs: { min: 20, max: 10_000 },
  pauseMs: { min: 0, max: 5_000 },
  connectDelayMs: { min: 0, max: 10_000 },
  maxInFlight: { min: 1, max: 8 },
  maxRegisters: { min: 2, max: 125 },
} as const;
const samplingRanges = {
  updateMs: { min: 5, max: 2_000 },
  windowMs: { min: 0, max: 10_000 },
  latencyMs: { min: 0, max: 2_000 },
} as const;

/** Reads `link:`; undefined where the file has none. */
export function readLinkHabits(nodes: NodeReader, root: YAMLMap): LinkHabits | undefined {
  const node = nodes.map(root, "", "link");
  if (node === undefined) return undefined;
  nodes.known(node, "link", [...Object.keys(ranges), "mergeGaps", "unitIdInReply", "busyExceptions"]);
  const numbers = wholes(nodes, node, "link", ranges);
  const mergeGaps = nodes.choice(node, "link", "mergeGaps", [true, false] as const, true);
  const unitIdInReply = nodes.choice(node, "link", "unitIdInReply", ["strict", "any"] as const, "strict");
  const busyExceptions = nodes.numbers(node, "link", "busyExceptions");
  if (busyExceptions?.some((code) => ![1, 2, 3, 4].includes(code)))
    nodes.mistake(node, "link.busyExceptions", "must be exceptions from 1 to 4; 5 and 6 mean busy anyway");
  return {
    ...numbers,
    ...(busyExceptions !== undefined && { busyExceptions }),
    ...(mergeGaps === false && { mergeGaps: false }),
    ...(unitIdInReply === "any" && { unitIdInReply: "any" }),
  };
}

/** Reads `sampling:` of a meter; undefined where the file has none. */
export function readSampling(nodes: NodeReader, root: YAMLMap, isMeter: boolean): Sampling | undefined {
  const node = nodes.map(root, "", "sampling");
  if (node === undefined) return undefined;
  if (!isMeter) nodes.noEffect(root, "", ["sampling"], "only meters have it");
  nodes.known(node, "sampling", Object.keys(samplingRanges));
  return wholes(nodes, node, "sampling", samplingRanges);
}

/** Reads `perConnector:`; undefined where the file has none. */
export function readConnectorStep(nodes: NodeReader, root: YAMLMap): ConnectorStep | undefined {
  const node = nodes.map(root, "", "perConnector");
  if (node === undefined) return undefined;
  const step = { min: 1, max: 10_000 };
  const steps = { holding: step, input: step, coils: step, discrete: step };
  nodes.known(node, "perConnector", Object.keys(steps));
  return wholes(nodes, node, "perConnector", steps);
}

function wholes<K extends string>(
  nodes: NodeReader,
  node: YAMLMap,
  at: string,
  allowed: Readonly<Record<K, { readonly min: number; readonly max: number }>>,
): Partial<Record<K, number>> {
  const found: Partial<Record<K, number>> = {};
  for (const key of Object.keys(allowed) as K[]) {
    const value = nodes.number(node, at, key, { ...allowed[key], whole: true }, Number.NaN);
    if (!Number.isNaN(value)) found[key] = value;
  }
  return found;
}

/**
 * `npm run -s bench -- interleavings`: random interleavings of grid, contacts, devices, people and the controller itself at
 * simulated sites with the product's own control cycle. One interleaving is a story of one to six events at random moments,
 * from the state in which the story before has left the site; the plant takes steps of 1 ms around transfers. Judged is the
 * plant's truth: two sources unsynchronized on one bus, a stage that forms while K1 is closed, a grid side that the site feeds
 * during an outage.
 *
 * `--count N` (default 100,000), `--seed N` (default 1), `--workers N` (default 2). A broken promise is narrowed down and told;
 * `--replay SITE` tells all stories of one site. Last come the faults that need hardware, without and with its interlocks.
 */
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { hardwarePairs } from "../sim/proofs/hardware-pairs.table.ts";
import { InterleavedSite, type Story, storiesPerSite } from "../sim/proofs/interleavings.ts";
import { linesOf, shrink } from "../sim/proofs/shrink.ts";
import { proofSites } from "../sim/proofs/sites.table.ts";
import { modeNames } from "../src/domain/modes.ts";
import type { SiteAnswer, SiteRequest } from "./lib/interleavings-worker.ts";
import type { BenchOptions, BenchResult, Figure } from "./main.ts";

/** A figure with the bound that it is held to. */
interface BoundFigure extends Figure {
  readonly limit?: number;
  readonly ok?: boolean;
}

/** Seeds of sites do not overlap below this many. */
const sitesMax = 1_000_000;
/** So many broken stories are narrowed down; the others are only counted. */
const shrunkMax = 5;
const pairSites = 10;

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      count: { type: "string" },
      seed: { type: "string" },
      workers: { type: "string" },
      replay: { type: "string" },
    },
    strict: true,
  });
  if (values.replay !== undefined) return replay(wholeNumber("--replay", values.replay, 1), say);
  const count = wholeNumber("--count", values.count, 100_000);
  const seed = wholeNumber("--seed", values.seed, 1);
  const workers = wholeNumber("--workers", values.workers, 2);
  const figures: BoundFigure[] = [];
  const add = (name: string, value: number, unit: string, limit?: number): void => {
    figures.push(limit === undefined ? { name, value, unit } : { name, value, unit, limit, ok: value <= limit });
  };

  const proof = await tellAll(count, seed, workers, say);
  for (const story of proof.broken.slice(0, shrunkMax)) {
    say(`site ${story.siteSeed}, story ${story.number}, narrowed down:`);
    for (const told of shrink(story).told) for (const line of linesOf(told)) say(line);
  }
  add("interleavings", proof.stories, "");
  add("of different kinds (mode, then events in order)", proof.kinds.size, "");
  add("events in them", proof.events, "");
  add("modes met", proof.modes.size, `of ${modeNames.length}`);
  add("time in them", Math.round(proof.simulatedMs / 3_600) / 1_000, "simulated h");
  add("islands begun", proof.formings, "");
  add("closings in synchronism", proof.touches, "");
  add("surge at these, max", proof.worstSurgePu, "× rated");
  add("of these overtaken by the grid while the contact travelled", proof.overtaken, "");
  add("handovers ended by the device's own timer", proof.handoversEnded, "");
  add("broken promises", proof.broken.length, "", 0);

  for (const { name, together, interlock } of hardwarePairs) {
    for (const interlocks of [false, true]) {
      const requests = proofSites.flatMap((at) =>
        Array.from({ length: pairSites }, (_, i) => ({
          siteSeed: seed * sitesMax + i,
          stories: storiesPerSite,
          options: { together, interlocks, at },
        })),
      );
      const broken = (await askAll(requests, workers)).reduce((sum, answer) => sum + answer.broken.length, 0);
      const told = requests.length * storiesPerSite;
      const words = `${name}: ${interlocks ? `with ${interlock}` : "without interlock"}`;
      if (interlocks) add(words, broken, `broken of ${told}`, 0);
      else add(words, broken, `broken of ${told}`);
      say(`${words}: ${broken} broken of ${told}`);
    }
  }
  return { name: "interleavings", figures };
}

interface Proof {
  stories: number;
  events: number;
  simulatedMs: number;
  touches: number;
  overtaken: number;
  handoversEnded: number;
  worstSurgePu: number;
  formings: number;
  readonly kinds: Set<string>;
  readonly modes: Set<string>;
  readonly broken: Story[];
}

async function tellAll(count: number, seed: number, workers: number, say: (line: string) => void): Promise<Proof> {
  const proof: Proof = {
    stories: 0,
    events: 0,
    simulatedMs: 0,
    touches: 0,
    overtaken: 0,
    handoversEnded: 0,
    worstSurgePu: 0,
    formings: 0,
    kinds: new Set(),
    modes: new Set(),
    broken: [],
  };
  const modes: ReadonlySet<string> = new Set(modeNames);
  let saidAt = 0;
  const requests: SiteRequest[] = [];
  for (let left = count, i = 0; left > 0; left -= storiesPerSite, i++) {
    requests.push({ siteSeed: seed * sitesMax + i, stories: Math.min(storiesPerSite, left), options: {} });
  }
  await askAll(requests, workers, (answer) => {
    proof.stories += answer.stories;
    proof.events += answer.events;
    proof.simulatedMs += answer.simulatedMs;
    proof.touches += answer.touches;
    proof.overtaken += answer.overtaken;
    proof.handoversEnded += answer.handoversEnded;
    proof.worstSurgePu = Math.max(proof.worstSurgePu, answer.worstSurgePu);
    proof.formings += answer.formings;
    for (const kind of answer.kinds) proof.kinds.add(kind);
    for (const mode of answer.modes) if (modes.has(mode)) proof.modes.add(mode);
    proof.broken.push(...answer.broken);
    for (const story of answer.broken) for (const line of linesOf(story)) say(line);
    if (proof.stories < saidAt + 1_000) return;
    saidAt = proof.stories;
    say(`${proof.stories} of ${count} interleavings, ${proof.broken.length} broken`);
  });
  return proof;
}

/** Spreads requests over workers, one at a time for each; answers in the order in which they come. */
async function askAll(
  requests: readonly SiteRequest[],
  workerCount: number,
  onAnswer?: (answer: SiteAnswer) => void,
): Promise<SiteAnswer[]> {
  const answers: SiteAnswer[] = [];
  let next = 0;
  const runWorker = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL("./lib/interleavings-worker.ts", import.meta.url));
      const ask = (): void => {
        const request = requests[next++];
        if (request !== undefined) worker.postMessage(request);
        else worker.terminate().then(() => resolve(), reject);
      };
      worker.on("message", (answer: SiteAnswer) => {
        answers.push(answer);
        onAnswer?.(answer);
        ask();
      });
      worker.on("error", reject);
      ask();
    });
  await Promise.all(Array.from({ length: Math.min(workerCount, requests.length) }, runWorker));
  return answers;
}

/** Tells every story of one site, and the broken one narrowed down. */
function replay(siteSeed: number, say: (line: string) => void): BenchResult {
  const site = new InterleavedSite(siteSeed);
  say(`site ${siteSeed}: ${site.proofSite.name}`);
  let broken = 0;
  for (let number = 0; number < storiesPerSite && broken === 0; number++) {
    const story = site.tell(number);
    for (const line of linesOf(story)) say(line);
    if (story.broken.length === 0) continue;
    broken++;
    const { told, stories, without } = shrink(story);
    say(`narrowed down to stories ${stories.join(", ")} without events ${[...without].join(", ")}:`);
    for (const one of told) for (const line of linesOf(one)) say(line);
  }
  return { name: "interleavings", figures: [{ name: "broken promises", value: broken, unit: "" }] };
}

function wholeNumber(option: string, text: string | undefined, usual: number): number {
  if (text === undefined) return usual;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} ${text}: give a whole number of 1 or more`);
  return value;
}

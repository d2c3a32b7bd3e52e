/** Tells the stories of one site after another, each as it is asked for, and answers with what came of them. */
import { parentPort } from "node:worker_threads";
import { InterleavedSite, type InterleavingOptions, kindOf, type Story } from "../../sim/proofs/interleavings.ts";

export interface SiteRequest {
  readonly siteSeed: number;
  readonly stories: number;
  readonly options: InterleavingOptions;
}

export interface SiteAnswer {
  readonly siteSeed: number;
  readonly stories: number;
  readonly events: number;
  readonly simulatedMs: number;
  /** What the stories were, for counting those that differ, and the modes that were met. */
  readonly kinds: readonly string[];
  readonly modes: readonly string[];
  readonly broken: readonly Story[];
  /** Closings between two live sides, those that the grid overtook, and handovers that the device ended. */
  readonly touches: number;
  readonly overtaken: number;
  readonly handoversEnded: number;
  readonly worstSurgePu: number;
  readonly formings: number;
}

function tellSite({ siteSeed, stories, options }: SiteRequest): SiteAnswer {
  const site = new InterleavedSite(siteSeed, options);
  const { world } = site.drive.site;
  const beganMs = site.drive.nowMs;
  const kinds: string[] = [];
  const modes = new Set<string>();
  const broken: Story[] = [];
  let events = 0;
  let formings = 0;
  let told = 0;
  for (let number = 0; number < stories; number++) {
    const story = site.tell(number);
    told++;
    events += story.told.length;
    kinds.push(kindOf(story));
    for (const mode of story.modes) {
      modes.add(mode);
      if (mode === "islandStarting") formings++;
    }
    if (story.broken.length === 0) continue;
    broken.push(story);
    // What follows a broken promise proves nothing any more, unless pairs are being looked at one by one.
    if (options.together === undefined) break;
  }
  const { truth, transferDevice } = world;
  return {
    siteSeed,
    stories: told,
    events,
    simulatedMs: site.drive.nowMs - beganMs,
    kinds,
    modes: [...modes],
    broken,
    touches: truth.touches,
    overtaken: truth.overtaken,
    handoversEnded: transferDevice.handoversEnded,
    worstSurgePu: truth.worstSurgePu,
    formings,
  };
}

parentPort?.on("message", (request: SiteRequest) => parentPort!.postMessage(tellSite(request)));

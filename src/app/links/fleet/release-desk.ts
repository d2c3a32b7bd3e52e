/**
 * Carries out releases of the fleet: a signed version is installed by the controller's own way, when the site allows it, and the
 * fleet may have the site go back to the version before. What becomes of it is known over the restarts that it takes.
 */
import { z } from "zod";
import type { ReleaseNews, ReleaseState } from "../../../protocols/fleet/payloads.ts";
import { type Release, readRelease, releaseActions, releaseBuildSchema } from "../../../protocols/fleet/releases.ts";
import type { DispatcherKey } from "../../../protocols/fleet/signed.ts";
import type { Documents } from "../../store/store.ts";
import type { SelfUpdate } from "../../update/self-update.ts";
import { isletVersion } from "../../version.ts";
import type { OrderReason } from "./order-refusals.table.ts";

const place = ["fleet", "release"] as const;
/** Clocks that differ by more make a document none of now, ms. */
const clockMaxMs = 5_000;

const notAllowed = "The owner has not given the fleet the right to install versions (links.fleet.rights: updates).";

/** The controller's own way to replace itself. */
export type ReleasePort = Pick<SelfUpdate, "view" | "order" | "goBack" | "cancel">;

export interface ReleaseDeskOptions {
  readonly site: string;
  readonly keys: readonly DispatcherKey[];
  /** Whether the owner lets the fleet install versions. */
  readonly isAllowed: boolean;
  readonly updates: ReleasePort;
  readonly documents: Pick<Documents, "get" | "put">;
  /** Why the site must not be started again now, by what it does for the fleet; "" when it may. */
  readonly waitsFor: () => string;
  readonly nowMs: () => number;
  readonly onNews: (news: ReleaseNews) => void;
  /** A document that is not heeded. */
  readonly onRefusal: (reason: OrderReason) => void;
}

export interface ReleaseDesk {
  take(bytes: Uint8Array): void;
  /** To be called often: tells what has become of it. */
  look(): void;
}

const keptSchema = z.object({
  version: z.int(),
  id: z.string(),
  action: z.enum(releaseActions),
  build: releaseBuildSchema,
  by: z.string(),
  state: z.string(),
  sentence: z.string(),
  /** The version to go back to, by its folder; null before it was installed. */
  former: z.string().nullable(),
});
type Kept = z.output<typeof keptSchema>;

/** Words of the update's own phases. */
const stateOfPhase = {
  fetching: "fetching",
  waiting: "waiting",
  installing: "installing",
  restarting: "restarting",
  failed: "failed",
} as const satisfies Partial<Record<ReturnType<ReleasePort["view"]>["phase"], ReleaseState>>;

export function openReleaseDesk(options: ReleaseDeskOptions): ReleaseDesk {
  const { site, keys, updates, documents, nowMs, waitsFor } = options;
  let kept = readKept(documents.get(...place) ?? null);
  let isUnderWay = false;

  function become(state: ReleaseState, sentence: string): void {
    if (kept === null || (kept.state === state && kept.sentence === sentence)) return;
    // A wait that has another reason now is no news: the fleet is told that it waits.
    const isTold = kept.state !== state || state !== "waiting";
    kept = { ...kept, state, sentence: sentence.slice(0, 400) };
    documents.put(...place, JSON.stringify(kept));
    if (!isTold) return;
    const { id: releaseId } = kept;
    options.onNews({
      ...{ schema: "islet-fleet-release-news-1", releaseId, state, sentence: kept.sentence },
      islet: isletVersion(),
    });
  }

  const runsIt = (of: Kept): boolean => isletVersion() === of.build.islet && of.former !== null;

  function begin(of: Kept): void {
    const by = `Fleet, ${of.by}`.slice(0, 80);
    if (of.action === "install") {
      if (isletVersion() === of.build.islet) {
        become("stays", `Islet ${of.build.islet} runs already.`);
        return;
      }
      const { from, islet, sha256 } = of.build;
      const why = options.isAllowed
        ? updates.order({ from, by, notBeforeMs: 0, expects: { islet, sha256 }, waitsFor })
        : notAllowed;
      isUnderWay = why === "";
      // What runs now is what is gone back to.
      kept = { ...of, former: updates.view().current };
      become(isUnderWay ? "waiting" : "refused", why);
      return;
    }
    if (isUnderWay) updates.cancel();
    isUnderWay = false;
    if (of.action === "none" || !runsIt(of)) {
      const isBack = of.state === "returned" || of.state === "returning";
      const state = isBack ? "returned" : "withdrawn";
      become(state, isBack ? `Islet ${isletVersion()} runs.` : "It was not installed.");
      return;
    }
    // A right that was taken back since it was installed counts for the way back as well.
    if (!options.isAllowed) {
      become("refused", notAllowed);
      return;
    }
    const why = updates.goBack({ to: of.former!, by, waitsFor });
    isUnderWay = why === "";
    become(isUnderWay ? "returning" : "failed", why);
  }

  /** After a start: whether it is the version that was to run. */
  function takeUp(): void {
    if (kept === null) return;
    const { state, build } = kept;
    if (state === "waiting" || state === "fetching" || state === "returning") begin(kept);
    else if (state === "installing" || state === "restarting" || state === "trial") {
      // Never tried again by itself: a version that does not start would be started for ever.
      if (isletVersion() !== build.islet)
        become("returned", `Islet ${build.islet} did not work here: ${isletVersion()} runs again.`);
      else become(updates.view().onTrial ? "trial" : "stays", `Islet ${build.islet} runs.`);
    } else if (state === "stays" && isletVersion() !== build.islet)
      become("returned", `Islet ${isletVersion()} runs: somebody at the site has gone back.`);
  }

  function heed({ version, id, action, build, issuedBy, issuedAtMs }: Release): void {
    if (kept !== null && version <= kept.version) return;
    if (issuedAtMs > nowMs() + clockMaxMs) {
      options.onRefusal("clock");
      return;
    }
    const isSame = kept?.id === id;
    const former = isSame ? kept!.former : null;
    kept = { version, id, action, build, by: issuedBy, state: isSame ? kept!.state : "", sentence: "", former };
    documents.put(...place, JSON.stringify(kept));
    begin(kept);
  }

  takeUp();
  return {
    take(bytes) {
      const read = readRelease(bytes, site, keys);
      if (typeof read === "string") options.onRefusal(read);
      else heed(read);
    },
    look() {
      if (kept === null) return;
      if (kept.state === "trial" && !updates.view().onTrial)
        become("stays", `Islet ${kept.build.islet} works and stays.`);
      if (!isUnderWay) return;
      const { phase, sentence } = updates.view();
      if (phase === "none") {
        isUnderWay = false;
        become("failed", "Somebody at the site has ended it.");
        return;
      }
      if (phase === "failed") isUnderWay = false;
      if (kept.action === "return") become(phase === "failed" ? "failed" : "returning", sentence);
      else become(stateOfPhase[phase], sentence);
    },
  };
}

/** What a lease for power that runs, or begins soon, has against a restart. */
export const leaseWaits = "A request of the fleet for power stands: it is not interrupted.";

function readKept(text: string | null): Kept | null {
  try {
    return text !== null ? (keptSchema.safeParse(JSON.parse(text)).data ?? null) : null;
  } catch {
    return null;
  }
}

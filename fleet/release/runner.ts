/** Carries out releases: one worker of all leads. All that it knows stands in the database, so that another can take it up. */
import { randomBytes } from "node:crypto";
import { minuteMs } from "../../src/domain/units.ts";
import type { Database } from "../store/database.ts";
import { leads } from "../store/dispatches.ts";
import type { StandingDocument } from "../store/orders.ts";
import { openReleases, type ReleaseRow, releaseSites, saveStep, tellSites } from "../store/releases.ts";
import { decide } from "./controller.ts";

export interface ReleaseRunnerOptions {
  readonly database: Database;
  /** The dispatcher's private key, PEM. */
  readonly dispatcherKey: string;
  readonly tell: (document: StandingDocument) => void;
  readonly log: (sentence: string) => void;
}

export interface ReleaseRunner {
  /** To be called each few seconds, and not again before it is done. */
  look(nowMs: number): Promise<void>;
}

export function createReleaseRunner({ database, dispatcherKey, tell, log }: ReleaseRunnerOptions): ReleaseRunner {
  const holder = randomBytes(8).toString("hex");
  let said = "";
  const say = (sentence: string): void => {
    if (sentence !== said && sentence !== "") log(sentence);
    said = sentence;
  };

  async function stepOne(row: ReleaseRow, nowMs: number): Promise<void> {
    const sites = await releaseSites(database, row.id);
    const lately = sites.filter(({ action, offeredMs }) => action !== "" && nowMs - offeredMs < minuteMs).length;
    const { tell: told, ...step } = decide(row, sites, lately, nowMs);
    // Written down before anybody is told: a worker that ends here leaves a release that has stopped.
    const isOver = step.phase !== "running" && told.length === 0 && (step.phase === "done" || sites.every(isSettled));
    await saveStep(database, row.id, step, isOver);
    if (step.sentence !== row.sentence) say(`Release ${row.build.islet}: ${step.sentence}`);
    if (told.length === 0) return;
    for (const document of await tellSites(database, row, told, dispatcherKey, nowMs)) tell(document);
  }

  return {
    async look(nowMs) {
      try {
        if (!(await leads(database, "release", holder))) return;
        for (const row of await openReleases(database)) await stepOne(row, nowMs);
      } catch (failure) {
        // Sites go on by what they were told; it is taken up again when the database is there.
        say(`Releases: ${failure instanceof Error ? failure.message : String(failure)}.`);
      }
    },
  };
}

/** Whether a site has nothing more to do for a release that was stopped. */
const isSettled = ({ action, word }: { readonly action: string; readonly word: string }): boolean =>
  action === "" || ["returned", "withdrawn", "refused", "failed"].includes(word);

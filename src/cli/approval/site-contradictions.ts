/**
 * What a site's files contradict each other in, for those who do not make a package: `islet check-config` and the page. The
 * package for the utility is refused for the same.
 */
import type { LoadedSite } from "../../app/site/load-config.ts";
import { whyOf } from "../../app/store/files.ts";
import { type Contradiction, contradictionsOf } from "../../approval/contradictions.table.ts";
import { gather } from "./gather.ts";

/** Of a site that was loaded from `file`; a paper that can't be read is one of them. */
export function siteContradictions(file: string, site: LoadedSite): readonly Contradiction[] {
  try {
    return contradictionsOf(gather(file, site, {}, Date.now()).evidence);
  } catch (failure) {
    return [
      {
        kind: "unreadable",
        sentence: `The papers of the site can't be read (${whyOf(failure)}).`,
        here: file,
        there: "",
        todo: "`islet approval` says more.",
      },
    ];
  }
}

/** Of those what stays as it is while the site runs: a permit's own events tell of the permit, and reports are for the package. */
export const standingContradictions = (all: readonly Contradiction[]): readonly Contradiction[] =>
  all.filter(({ kind }) => !/^(permit|certify-report|commissioning-report|notice)-/.test(kind));

/** `Contradiction (kind): … Here: … There: … What to do.` */
export const contradictionText = ({ kind, sentence, here, there, todo }: Contradiction): string =>
  `Contradiction (${kind}): ${sentence} Here: ${here}${there === "" ? "" : `; there: ${there}`}. ${todo}`;

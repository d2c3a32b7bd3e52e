/** Releases: how far each is, ring by ring, and which sites failed, wait or do not take part, and why. */
import { judge, type ReleaseSite, type Standing } from "../release/controller.ts";
import { rings } from "../release/rings.ts";
import type { Rows } from "../store/database.ts";
import type { ReleaseRow } from "../store/releases.ts";
import { dateText, escaped, framed, linkTo, table } from "./html.ts";

const phases = { running: "runs", stopped: "stopped", done: "done" } as const;

export const releasesPage = (rows: Rows): string =>
  framed(
    "Releases",
    rows.length === 0
      ? "<p>No version was given to the sites. POST /api/v1/releases begins one.</p>"
      : table(
          ["Begun (UTC)", "Islet", "Ring", "Sites that have it", "State", "Why, and by whom"],
          (rows as unknown as (ReleaseRow & { readonly stays: number; readonly sites: number })[]).map((row) => [
            `<a href="/releases/${escaped(row.id)}">${escaped(dateText(row.madeMs))}</a>`,
            escaped(row.build.islet),
            escaped(rings[row.ring]?.name),
            `${row.stays} of ${row.sites}`,
            `${phases[row.phase]}${row.sentence === "" ? "" : `<br><small>${escaped(row.sentence)}</small>`}`,
            escaped(`${row.cause} (${row.issuedBy})`),
          ]),
          [3],
        ),
  );

const standings: readonly (readonly [Standing, string])[] = [
  ["idle", "Not told yet"],
  ["waits", "Wait"],
  ["updates", "Install or go back"],
  ["soaks", "Being watched"],
  ["good", "Proven"],
  ["bad", "Failed"],
  ["apart", "Without it"],
];
/** Sites of one list. */
const shownMax = 200;

export function releasePage(row: ReleaseRow, sites: readonly ReleaseSite[], nowMs: number): string {
  const judged = sites.map((one) => ({ one, ...judge(one, row.soakMs, nowMs) }));
  const told = (is: Standing): string[][] =>
    judged
      .filter((one) => one.is === is)
      .slice(0, shownMax)
      .map(({ one, why }) => [linkTo(one.site, one.site), escaped(rings[one.ring]?.name), escaped(why)]);
  const lists = (["bad", "waits", "apart"] as const)
    .map((is) => [standings.find(([key]) => key === is)![1], told(is)] as const)
    .filter(([, rows]) => rows.length > 0)
    .map(([name, rows]) => `<h2>${name}</h2>${table(["Site", "Ring", "What it says"], rows)}`);
  return framed(
    `Islet ${row.build.islet}: ${phases[row.phase]}`,
    `<p class="${row.phase === "stopped" ? "critical" : ""}">${escaped(row.sentence)}</p>
    <p>${escaped(row.cause)} (${escaped(row.issuedBy)}). A site has proven it after ${Math.round(row.soakMs / 60_000)} min; DELETE /api/v1/releases/${escaped(row.id)} stops it, and every site goes back.</p>${table(
      ["Ring", "Sites", ...standings.map(([, name]) => name)],
      rings.map(({ name }, ring) => {
        const own = judged.filter(({ one }) => one.ring === ring);
        const cells = standings.map(([is]) => String(own.filter((one) => one.is === is).length));
        return [
          `${ring === row.ring && row.phase === "running" ? "▸ " : ""}${escaped(name)}`,
          String(own.length),
          ...cells,
        ];
      }),
      [1, 2, 3, 4, 5, 6, 7, 8],
    )}${lists.join("")}`,
  );
}

/** The pages of a fleet: what each site says of itself, in its own words, and what needs somebody over all of them. */
import type { SiteMessage } from "../../src/protocols/fleet/payloads.ts";
import type { Rows } from "../store/database.ts";
import { pageSize } from "../store/views.ts";
import { ageText, dateText, escaped, framed, kW, kWh, linkTo, oldMs, table } from "./html.ts";

const stateOf = (row: Record<string, unknown>): SiteMessage => row["state"] as SiteMessage;

/**
 * One row of the list: grey once the site has been silent for too long, with when it was heard last. How often it needs somebody
 * stands beside its name, where a narrow screen shows it without a scroll.
 */
function siteRow(row: Record<string, unknown>, nowMs: number): readonly string[] {
  const { name, sentence, level, pccW, ready, needs } = stateOf(row);
  const heardMs = Number(row["heard_ms"]);
  const isOld = nowMs - heardMs > oldMs;
  const age = ageText(heardMs, nowMs);
  const tone = isOld ? "old" : level;
  return [
    `${linkTo(row["site"], name)}<br><small>${escaped(row["site"])}</small>`,
    needs.length === 0 ? "" : `<span class="critical">${needs.length}</span>`,
    `<span class="${tone}">${escaped(isOld ? `Last heard ${age} ago: ${sentence}` : sentence)}</span>`,
    `<span class="${isOld ? "old" : ""}">${escaped(kW(pccW))}</span>`,
    ready === null ? "" : `${ready.count} of ${ready.of}`,
    `<span class="${isOld ? "old" : ""}">${escaped(age)}</span>`,
  ];
}

export function sitesPage(
  { total, sites }: { readonly total: number; readonly sites: Rows },
  offset: number,
  alarms: Rows,
  query: URLSearchParams,
  nowMs: number,
): string {
  const rows = table(
    ["Site", "Needs you", "What it says", "At the grid", "Ready", "Heard"],
    sites.map((row) => siteRow(row, nowMs)),
    [1, 3, 4, 5],
  );
  const turn = (to: number, text: string): string => {
    const next = new URLSearchParams(query);
    next.set("offset", String(to));
    return `<a href="/?${escaped(next)}">${text}</a> `;
  };
  const pages = `${offset > 0 ? turn(Math.max(0, offset - pageSize), "Before") : ""}${offset + pageSize < total ? turn(offset + pageSize, "Next") : ""}`;
  const warned =
    alarms.length === 0
      ? ""
      : `<h2 id="alarms">Records that contradict each other</h2>${table(
          ["Site", "What"],
          alarms.map(({ site, sentence }) => [
            linkTo(site, site),
            `<span class="critical">${escaped(sentence)}</span>`,
          ]),
        )}`;
  const told =
    alarms.length === 0
      ? ""
      : `<p class="critical"><a href="#alarms">${alarms.length === 1 ? "One record contradicts another" : `${alarms.length} records contradict others`}: see below.</a></p>`;
  return framed(`${total} sites`, `${told}${rows}<p>${pages}</p>${warned}`);
}

export const needsPage = (needs: Rows): string =>
  framed(
    "Needs you",
    needs.length === 0
      ? "<p>No site needs anybody.</p>"
      : table(
          ["What", "Sites", "Since", "Which"],
          needs.map(({ sentence, sites, since_ms: since, which }) => [
            escaped(sentence),
            String(sites),
            escaped(dateText(since)),
            (which as string[]).map((one) => linkTo(one, one)).join(", "),
          ]),
          [1],
        ),
  );

export const readyPage = (rows: Rows): string => {
  const sum = (key: string): number => rows.reduce((total, row) => total + Number(row[key]), 0);
  return framed(
    "Readiness",
    rows.length === 0
      ? "<p>No site has departures on its board.</p>"
      : `<p>${sum("count")} of ${sum("of")} vehicles will be ready.</p>${table(
          ["Site", "Ready"],
          rows.map(({ site, name, count, of }) => [linkTo(site, name), `${count} of ${of}`]),
          [1],
        )}`,
  );
};

const energyColumns = ["Imported", "Exported", "Charged", "Discharged", "PV"];
const energyCells = (row: Record<string, unknown>): string[] =>
  ["imported_kwh", "exported_kwh", "charged_kwh", "discharged_kwh", "pv_kwh"].map((key) => escaped(kWh(row[key])));

export const energyPage = (totals: Rows, month: string, sites: Rows): string =>
  framed(
    "Energy by month",
    `${table(
      ["Month (UTC)", "Sites", ...energyColumns],
      totals.map((row) => [
        `<a href="/energy?month=${escaped(row["month"])}">${escaped(row["month"])}</a>`,
        String(row["sites"]),
        ...energyCells(row),
      ]),
      [1, 2, 3, 4, 5, 6],
    )}
    <h2>${escaped(month)} by site</h2>${table(
      ["Site", "Quarter-hours", ...energyColumns],
      sites.map((row) => [linkTo(row["site"], row["site"]), String(row["quarters"]), ...energyCells(row)]),
      [1, 2, 3, 4, 5, 6],
    )}`,
  );

export function sitePage(one: Record<string, unknown>, nowMs: number): string {
  const state = stateOf(one);
  const heardMs = Number(one["heard_ms"]);
  const isOld = nowMs - heardMs > oldMs;
  const facts: readonly (readonly [string, unknown])[] = [
    [isOld ? "Last heard" : "Heard", `${ageText(heardMs, nowMs)} ago`],
    ["Mode", state.mode],
    ["Power at the grid connection", kW(state.pccW)],
    ["Chargers", `${kW(state.chargersW)}, ${state.connected} of ${state.evses} with a vehicle`],
    ["Limits", `import ${kW(state.importLimitW)}, export ${kW(state.exportLimitW)}`],
    [
      "Permit",
      state.permit === null
        ? "none"
        : `${state.permit.reference} of ${state.permit.utility}, until ${dateText(state.permit.untilMs)}${state.permit.covered ? "" : ", does not cover the equipment"}`,
    ],
    ["Records that wait at the site", state.waiting],
    ["Version", state.version],
  ];
  const head = one["head"] as Record<string, unknown> | null;
  const leases = (one["leases"] as Rows).map(({ id, lease, withdrawn, receipt }) => {
    const { kind, evse, valueW, untilMs, cause } = lease as Record<string, unknown>;
    const said = receipt as { state: string; sentence: string } | null;
    return [
      escaped(id),
      escaped(`${kind} ${kW(valueW)}${evse === 0 ? "" : `, charger ${evse}`}`),
      escaped(dateText(untilMs)),
      escaped(cause),
      escaped(
        said === null
          ? withdrawn
            ? "withdrawn, not heard of"
            : "not heard of yet"
          : `${said.state}. ${said.sentence}`,
      ),
    ];
  });
  const events = (one["events"] as Rows).map(({ at_ms: atMs, event }) => [
    escaped(dateText(atMs)),
    escaped((event as { sentence: string }).sentence),
  ]);
  const alarms = (one["alarms"] as Rows).map(({ sentence }) => `<p class="critical">${escaped(sentence)}</p>`).join("");
  return framed(
    state.name,
    `<p class="${isOld ? "old" : state.level}">${escaped(state.sentence)}</p>${alarms}
    ${state.needs.map(({ sentence }) => `<p class="critical">${escaped(sentence)}</p>`).join("")}
    ${table(
      ["", ""],
      facts.map(([name, value]) => [escaped(name), escaped(value)]),
    )}
    <h2>Leases</h2>${table(["Lease", "What", "Until", "Why", "What became of it"], leases)}
    <h2>Events</h2>${table(["When (UTC)", "What"], events)}
    <p><small>${head === null ? "No head of its audit log yet." : `Audit log: ${head["records"]} records, ${escaped(String(head["hash"]).slice(0, 16))}… on ${escaped(dateText(head["at_ms"]))}.`}</small></p>`,
  );
}

/** Text into HTML, and the frame of every page. */
const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
export const escaped = (value: unknown): string => String(value ?? "").replace(/[&<>"']/g, (one) => entities[one]!);

/** Data older than this is shown as old, ms: a site tells itself each minute. */
export const oldMs = 180_000;

export function ageText(atMs: number, nowMs: number): string {
  const ageS = Math.max(0, Math.round((nowMs - atMs) / 1_000));
  if (ageS < 90) return `${ageS} s`;
  return ageS < 5_400 ? `${Math.round(ageS / 60)} min` : `${Math.round(ageS / 3_600)} h`;
}

/** A link to a site's own page here. */
export const linkTo = (site: unknown, text: unknown): string =>
  `<a href="/sites/${encodeURIComponent(String(site))}">${escaped(text)}</a>`;
export const dateText = (atMs: unknown): string => new Date(Number(atMs)).toISOString().slice(0, 16).replace("T", " ");

export const kW = (powerW: unknown): string =>
  typeof powerW === "number" ? `${(powerW / 1_000).toFixed(1)}\u00a0kW` : "unknown";
export const kWh = (energy: unknown): string => `${Number(energy).toFixed(1)}\u00a0kWh`;

const style = `
  :root { color-scheme: light dark; --line: #8884; --old: light-dark(#6b6b6b, #9a9a9a); --bad: light-dark(#c62828, #ff8a80); --warn: light-dark(#8a5200, #ffb74d); }
  body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 75rem; padding: 0 1rem 3rem; overflow-wrap: break-word; }
  nav a { display: inline-block; margin-right: 1.2rem; white-space: nowrap; } h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
  table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
  td.n, th.n { text-align: right; } td.n { white-space: nowrap; } .old { color: var(--old); } .critical { color: var(--bad); font-weight: 600; } .attention { color: var(--warn); }
  .wide { overflow-x: auto; }
  @media (max-width: 40rem) {
    thead { position: absolute; clip-path: inset(50%); } tbody, table { display: block; }
    tr { display: flex; flex-wrap: wrap; gap: .1rem 1rem; padding: .55rem 0; border-bottom: 1px solid var(--line); }
    td { padding: 0; border: 0; overflow-wrap: anywhere; } td:first-child { flex: 1 1 55%; } td.n { text-align: left; } td.t { flex-basis: 100%; } td:empty { display: none; }
    td[data-label]::before { content: attr(data-label) " "; opacity: .7; font-size: .85em; }
  }`;

export const framed = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="10">
<title>${escaped(title)} · Islet fleet</title><style>${style}</style></head>
<body><nav aria-label="Places"><a href="/">Sites</a><a href="/needs">Needs you</a><a href="/ready">Readiness</a><a href="/energy">Energy</a><a href="/dispatch">Dispatch</a><a href="/releases">Releases</a></nav>
<h1>${escaped(title)}</h1>${body}</body></html>`;

/** A table; cells are HTML already. `numeric`: columns that are right-aligned. On a narrow screen each row is a block of its own. */
export function table(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  numeric: readonly number[] = [],
): string {
  const of = (i: number): string => (numeric.includes(i) ? ' class="n"' : i > 0 ? ' class="t"' : "");
  /** Stands before the value where the head of the table is not seen; a sentence needs none. */
  const named = (i: number): string => (numeric.includes(i) ? ` data-label="${escaped(columns[i])}"` : "");
  const head = columns.map((one, i) => `<th scope="col"${of(i)}>${escaped(one)}</th>`).join("");
  const body = rows
    .map((cells) => `<tr>${cells.map((cell, i) => `<td${of(i)}${named(i)}>${cell}</td>`).join("")}</tr>`)
    .join("");
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** The dispatch board: what was asked for, what comes of it, and who does not deliver and why. */
import { outReasons } from "../dispatch/member.ts";
import type { Rows } from "../store/database.ts";
import type { DispatchRow } from "../store/dispatches.ts";
import { dateText, escaped, framed, linkTo, table } from "./html.ts";

/** Powers of a group, MW or kW. */
const power = (powerW: unknown): string => {
  const value = Number(powerW);
  return Math.abs(value) >= 1e6 ? `${(value / 1e6).toFixed(2)}\u00a0MW` : `${(value / 1e3).toFixed(1)}\u00a0kW`;
};
const energy = (energyWh: unknown): string => power(energyWh).replace("W", "Wh");

type Shown = DispatchRow & { readonly over: boolean };

function stateOf({ over, withdrawn, fromMs, untilMs }: Shown, nowMs: number): string {
  if (withdrawn) return "withdrawn";
  if (over) return "over";
  if (nowMs < fromMs) return "is to begin";
  return nowMs < untilMs ? "runs" : "ends";
}

export const dispatchesPage = (rows: Rows, nowMs: number): string =>
  framed(
    "Dispatch",
    rows.length === 0
      ? "<p>Nothing was asked of the sites as a whole. POST /api/v1/dispatches asks.</p>"
      : table(
          ["From (UTC)", "Until", "Asked for", "Delivers now", "Delivered", "Sites", "State", "Why", "By"],
          (rows as unknown as Shown[]).map((row) => [
            `<a href="/dispatch/${escaped(row.id)}">${escaped(dateText(row.fromMs))}</a>`,
            escaped(dateText(row.untilMs)),
            escaped(power(row.targetW)),
            escaped(row.progress === null || row.over ? "" : power(row.progress.measuredW)),
            escaped(row.progress === null ? "" : energy(row.progress.deliveredWh)),
            escaped(row.progress?.asked ?? ""),
            stateOf(row, nowMs),
            escaped(row.cause),
            escaped(row.issuedBy),
          ]),
          [2, 3, 4, 5],
        ),
  );

export function dispatchPage(one: Record<string, unknown>, nowMs: number): string {
  const row = one as unknown as Shown & { readonly minutes: Rows; readonly out: Rows; readonly asked: Rows };
  const { progress, targetW, fromMs, untilMs } = row;
  const facts: readonly (readonly [string, string])[] = [
    ["State", stateOf(row, nowMs)],
    ["From, until (UTC)", `${dateText(fromMs)}, ${dateText(untilMs)}`],
    ["Asked for", power(targetW)],
    ...(progress === null
      ? []
      : ([
          ["Delivers, as far as it was heard", power(progress.measuredW)],
          ["Expected of what is asked now", power(progress.expectedW)],
          ["Could be asked for in addition", power(progress.spareW)],
          ["Delivered, as measured on the way", energy(progress.deliveredWh)],
          ["Sites that are asked", String(progress.asked)],
        ] as const)),
    ["Why, and by whom", `${row.cause} (${row.issuedBy})`],
  ];
  const reason = (out: unknown): string => outReasons[out as keyof typeof outReasons] ?? String(out);
  return framed(
    `Dispatch of ${power(targetW)}`,
    `${table(
      ["", ""],
      facts.map(([name, value]) => [escaped(name), escaped(value)]),
    )}
    <p><a href="/api/v1/dispatches/${escaped(row.id)}/proof">Proof of what was delivered</a>, signed; <code>npm run fleet -- verify FILE</code> checks it.</p>
    <h2>Minute by minute</h2>${curve(row.minutes, targetW)}
    <h2>Who does not take part</h2>${table(
      ["Site", "Why"],
      row.out.map(({ site, out }) => [linkTo(site, site), escaped(reason(out))]),
    )}
    <h2>Who is asked, those that deliver least first</h2>${table(
      ["Site", "Asked for", "Delivers of that"],
      row.asked.map(({ site, asked_w: askedW, trust }) => [
        linkTo(site, site),
        escaped(power(askedW)),
        `${Math.round(Number(trust) * 100)}\u00a0%`,
      ]),
      [1, 2],
    )}`,
  );
}

/** Means of minutes against what was asked for. */
function curve(minutes: Rows, targetW: number): string {
  if (minutes.length === 0) return "<p>It has not run for a minute.</p>";
  const [width, height] = [600, 160];
  const top = Math.max(Math.abs(targetW), ...minutes.map(({ measured_w: powerW }) => Math.abs(Number(powerW)))) * 1.1;
  const y = (powerW: number): string => (height - (Math.abs(powerW) / top) * height).toFixed(1);
  const points = minutes
    .map(({ measured_w: powerW }, i) => `${((i + 0.5) * (width / minutes.length)).toFixed(1)},${y(Number(powerW))}`)
    .join(" ");
  const last = minutes.at(-1)!;
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Power by minute against the target" style="max-width:100%;border:1px solid var(--line)">
    <line x1="0" x2="${width}" y1="${y(targetW)}" y2="${y(targetW)}" stroke="currentColor" stroke-dasharray="4 4"/>
    <polyline points="${points}" fill="none" stroke="#1976d2" stroke-width="2"/></svg>
    <p><small>Dashed: asked for. Last minute ${escaped(dateText(last["at_ms"]))}: ${escaped(power(last["measured_w"]))}.</small></p>`;
}

/**
 * The site on a terminal: mode, single-line diagram, each EVSE with what binds it, loop, keys. A pure function of the
 * same view as the page, so that both say the same words. Never wider or longer than it is told.
 */

import type { ChargerView } from "../../dashboard/view/chargers.ts";
import type { DiagramRow, WireView } from "../../dashboard/view/diagram.ts";
import type { View } from "../../dashboard/view.ts";

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
}
export interface TerminalExtras {
  /** Shown in the last line: "o outage  l load step  q quit". */
  readonly keys?: string;
  /** Shown under the title: the address of the page, a hint. */
  readonly hint?: string;
}

const columnsMin = 40;
const rowsMin = 10;

/** Control characters, and everything that would move the cursor, have no business in a name. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
const plain = (text: string): string => text.replace(control, " ").replaceAll("\u00a0", " ");

/** Cut at the edge, with an ellipsis where something is missing. */
const clip = (text: string, width: number): string =>
  text.length <= width ? text : width < 1 ? "" : `${text.slice(0, width - 1)}…`;
const pad = (text: string, width: number): string => clip(text, width).padEnd(Math.max(0, width));
const padStart = (text: string, width: number): string => clip(text, width).padStart(Math.max(0, width));

interface Line {
  readonly text: string;
  readonly style?: "bold" | "dim" | "warning" | "critical";
}
const codes = { bold: "1", dim: "2", warning: "33", critical: "1;31" } as const;

/** Draws the view. The result has at most `rows` lines of at most `columns` characters (escape sequences apart). */
export function renderTerminal(view: View, size: TerminalSize, extras: TerminalExtras = {}): string {
  const columns = Math.max(columnsMin, Math.floor(size.columns) || columnsMin);
  const rows = Math.max(rowsMin, Math.floor(size.rows) || rowsMin);
  const head = headLines(view, columns, extras.hint);
  const diagram = diagramLines(view, columns);
  const foot = footLines(view, columns, extras.keys);
  const needs = needsLines(view, rows >= 30 ? 3 : 1);
  const wanted = chargerLines(view, columns);
  const order: Line[] = [...head];
  let room = rows - head.length - foot.length;
  // What matters most stays when rows are few: mode, then the diagram, then what needs a person, then the chargers.
  const take = (lines: readonly Line[], keep: number): void => {
    const count = Math.max(0, Math.min(lines.length, room - keep));
    if (count < lines.length && count < 2) return;
    order.push(...lines.slice(0, count));
    room -= count;
  };
  take(diagram, 4);
  if (needs.length > 0 && room > needs.length + 4) {
    order.push(...needs);
    room -= needs.length;
  }
  if (room >= 2) order.push(...cut(wanted, room));
  while (order.length < rows - foot.length) order.push({ text: "" });
  order.push(...foot);
  return order
    .slice(0, rows)
    .map((line) => paint(line, columns, size.color))
    .join("\n");
}

function paint(line: Line, columns: number, color: boolean): string {
  const text = clip(line.text, columns).trimEnd();
  return color && line.style && text !== "" ? `\u001b[${codes[line.style]}m${text}\u001b[0m` : text;
}

function headLines(view: View, columns: number, hint: string | undefined): Line[] {
  const { mode } = view;
  const left = `Islet · ${plain(view.site.name)}${view.site.demo ? " (simulated)" : ""}`;
  const right = plain(`${view.date}  ${view.time}`);
  const gap = columns - left.length - right.length;
  const mark = mode.level === "critical" ? "[!!] " : mode.level === "attention" ? "[!] " : "";
  const style = mode.level === "critical" ? "critical" : mode.level === "attention" ? "warning" : "bold";
  const lines: Line[] = [{ text: gap > 1 ? left + " ".repeat(gap) + right : clip(left, columns), style: "dim" }];
  if (hint) lines.push({ text: plain(hint), style: "dim" });
  const said = wrap(plain(`${mark}${mode.lead} ${mode.rest}`), columns, 2);
  for (const text of said) lines.push({ text, style });
  for (const text of wrap(plain(mode.sub), columns, said.length > 1 ? 1 : 2)) lines.push({ text });
  if (mode.wait) {
    const width = Math.max(10, Math.min(30, columns - 40));
    const done = Math.round(mode.wait.fraction * width);
    lines.push({ text: plain(`[${"#".repeat(done)}${"-".repeat(width - done)}] ${mode.wait.endsText}`) });
  }
  const first = mode.next[0];
  if (first) lines.push({ text: plain(`${first.when}: ${first.what}`), style: "dim" });
  return lines;
}

/** Words into at most `most` lines; the last ends with an ellipsis when more would follow. */
export function wrap(text: string, width: number, most: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (word === "") continue;
    if (line === "" || line.length + 1 + word.length <= width) line = line === "" ? word : `${line} ${word}`;
    else if (lines.length === most - 1) return [...lines, clip(`${line} ${word}`, width)];
    else {
      lines.push(line);
      line = word;
    }
  }
  if (line !== "") lines.push(clip(line, width));
  return lines;
}

/** A conductor of five characters: ==>== with power, ----- live without, --?-- live, · · · without voltage, ??? where nobody knows. */
function conductor(wire: WireView): string {
  if (wire.live === null) return " ??? ";
  if (!wire.live) return "· · ·";
  if (wire.powerW === null) return "--?--";
  return wire.powerW > 50 ? "==>==" : wire.powerW < -50 ? "==<==" : "-----";
}

function diagramLines(view: View, columns: number): Line[] {
  const { diagram } = view;
  const k1 = { closed: "[--]", open: "[ /]", unproven: "[??]" }[diagram.k1.position];
  const bus = diagram.bus.live === null ? "?" : diagram.bus.live ? "|" : ":";
  const top = ` (~)${conductor(diagram.utilityWire)}[PCC]${conductor(diagram.meterWire)}${k1}${conductor(diagram.k1Wire)}`;
  const indent = top.length;
  // Beside the bus a line is short: what is said is wrapped, so that no age is cut off.
  const twoLines = (text: string): string[] => wrap(text, indent - 1, 2);
  const before: string[] = [
    diagram.utility.value,
    ...twoLines(diagram.utility.captions.join(" ")),
    `PCC ${diagram.meter.value}`,
    ...twoLines(diagram.meter.captions.join(" ")),
    ...(diagram.building ? [`Building ${diagram.building.value.toLowerCase().replace("kw", "kW")}`] : []),
  ];
  const k1Lines: string[] = [
    `K1 ${diagram.k1.value}`,
    ...twoLines(diagram.k1.contacts.map((contact) => contact.text.replace(" says", "")).join(", ")),
  ];
  const left = [top, ...[...before, ...k1Lines, ...twoLines(diagram.bus.text)].map((text) => ` ${plain(text)}`)];
  const k1At = 1 + before.length;
  const right = rightLines(diagram.rows, columns - indent - 1);
  const lines: Line[] = [{ text: "" }];
  const count = Math.max(left.length, right.length);
  for (let i = 0; i < count; i++) {
    const bar = i < right.length ? bus : " ";
    const text = pad(left[i] ?? "", indent) + bar + (right[i] ?? "");
    const critical = diagram.k1.position === "unproven" && i >= k1At && i < k1At + k1Lines.length;
    lines.push(critical ? { text, style: "critical" } : { text });
  }
  return lines;
}

function rightLines(rows: readonly DiagramRow[], width: number): string[] {
  const nameWidth = Math.min(Math.max(8, width - 28), Math.max(0, ...rows.map((row) => row.name.length)));
  const lines: string[] = [];
  for (const row of rows) {
    const breaker = row.breakerClosed === null ? "?" : row.breakerClosed ? "■" : "□";
    lines.push(clip(plain(`${breaker}${conductor(row.wire)} ${pad(plain(row.name), nameWidth)} ${row.value}`), width));
    if (row.second) lines.push(clip(plain(`${" ".repeat(8 + nameWidth)}${row.second}`), width));
  }
  return lines;
}

function needsLines(view: View, most: number): Line[] {
  const { needs } = view.events;
  if (needs.length === 0) return [];
  const lines: Line[] = [{ text: "" }];
  for (const need of needs.slice(0, most))
    lines.push({
      text: plain(`${need.severity === "critical" ? "[!!]" : "[!]"} ${need.shortTime} ${need.sentence} ${need.todo}`),
      style: need.severity === "critical" ? "critical" : "warning",
    });
  return lines;
}

const rank = (charger: ChargerView): number =>
  charger.group === "attention" ? 0 : charger.power !== "" ? 1 : charger.vehicle === null ? 3 : 2;

function chargerLines(view: View, columns: number): Line[] {
  const roomy = columns >= 100;
  const widths = [4, columns < 72 ? 9 : 11, 16, 9, 9, 6, roomy ? 15 : 2, 0];
  const fixed = widths.reduce((sum, width) => sum + width, 0);
  const line = (cells: readonly string[]): string =>
    padStart(cells[0] ?? "", 3) +
    " " +
    pad(cells[1] ?? "", widths[1] ?? 0) +
    pad(cells[2] ?? "", 16) +
    padStart(cells[3] ?? "", 9) +
    padStart(cells[4] ?? "", 9) +
    padStart(cells[5] ?? "", 6) +
    (roomy ? `  ${pad(cells[6] ?? "", 13)}` : "  ") +
    clip(cells[7] ?? "", columns - fixed);
  const header: Line = {
    text: line(["#", "Vehicle", "Doing now", "", "Setpoint", "SoC", "Leaves", "Because"]),
    style: "dim",
  };
  const sorted = [...view.chargers].sort((a, b) => rank(a) - rank(b) || a.evse - b.evse);
  return [
    header,
    ...sorted.map((charger): Line => {
      const { evse, vehicle, doing, power, setpoint, soc, leaves, because } = charger;
      const text = line(
        [String(evse), vehicle ?? "–", doing, power, setpoint, soc?.text ?? "", leaves, because].map(plain),
      );
      return charger.group === "attention"
        ? { text, style: "warning" }
        : charger.group === "empty"
          ? { text, style: "dim" }
          : { text };
    }),
  ];
}

/** At most `room` lines; the last says how many are not shown. */
function cut(lines: readonly Line[], room: number): Line[] {
  const withGap = [{ text: "" }, ...lines];
  if (withGap.length <= room) return withGap;
  const shown = lines.slice(0, Math.max(1, room - 1));
  const hidden = lines.length - shown.length;
  return [...shown, { text: `    … ${hidden} more`, style: "dim" }];
}

function footLines(view: View, columns: number, keys: string | undefined): Line[] {
  const shown = view.health.filter((item, i) => i < 3 || item.level !== "ok").slice(0, 4);
  const text = shown.map((item) => `${item.level === "ok" ? "" : "! "}${item.name} ${item.value}`).join(" · ");
  const worst = shown.some((item) => item.level === "critical")
    ? "critical"
    : shown.some((item) => item.level === "warning")
      ? "warning"
      : "dim";
  const lines: Line[] = [{ text: clip(plain(text), columns), style: worst }];
  if (keys) lines.push({ text: clip(plain(keys), columns), style: "bold" });
  return lines;
}

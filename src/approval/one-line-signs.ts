/** Signs of a one-line diagram as SVG, each with its upper end at the given place, mm. */

const escaped = (words: string): string =>
  words.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]!);

const mm = (value: number): string => String(Number(value.toFixed(2)));

export const line = (x1: number, y1: number, x2: number, y2: number, kind = ""): string =>
  `<line${kind === "" ? "" : ` class="${kind}"`} x1="${mm(x1)}" y1="${mm(y1)}" x2="${mm(x2)}" y2="${mm(y2)}"/>`;

export const text = (x: number, y: number, words: string, kind = ""): string =>
  words === ""
    ? ""
    : `<text${kind === "" ? "" : ` class="${kind}"`} x="${mm(x)}" y="${mm(y)}">${escaped(words)}</text>`;

export const dashed = (path: string): string => `<path class="d" d="${path}"/>`;
export const box = (x: number, y: number, width: number, height: number): string =>
  `<rect x="${mm(x)}" y="${mm(y)}" width="${width}" height="${height}"/>`;

/** Where lines join. */
export const mark = (x: number, y: number): string => `<circle class="dot" cx="${mm(x)}" cy="${mm(y)}" r=".7"/>`;

/** A source of alternating voltage, centred. */
export const utilitySign = (x: number, y: number): string =>
  `<circle cx="${mm(x)}" cy="${mm(y)}" r="3.5"/><path d="M${mm(x - 1.9)} ${mm(y)}q.95 -2.2 1.9 0t1.9 0"/>`;

/** Two windings, 7 mm high. */
export const transformer = (x: number, y: number): string =>
  `<circle cx="${mm(x)}" cy="${mm(y + 2.3)}" r="2.3"/><circle cx="${mm(x)}" cy="${mm(y + 4.7)}" r="2.3"/>`;

/** A breaker, 4.5 mm high. */
export const breaker = (x: number, y: number): string =>
  `<rect x="${mm(x - 1.5)}" y="${mm(y)}" width="3" height="4.5"/>`;

/** A switch, 6 mm high: `closed` one that hands work, `moved` one that is driven, drawn open. */
export const switchSign = (x: number, y: number, kind: "closed" | "moved"): string =>
  kind === "closed"
    ? `<path d="M${mm(x)} ${mm(y)}l0 1.2m0 0l1.8 3.4m-1.8 1.4l0 -1.6"/><circle class="dot" cx="${mm(x)}" cy="${mm(y + 1.2)}" r=".45"/><circle class="dot" cx="${mm(x)}" cy="${mm(y + 4.6)}" r=".45"/>`
    : `<rect x="${mm(x - 3)}" y="${mm(y)}" width="6" height="6"/><path d="M${mm(x)} ${mm(y)}l0 1.4m0 0l2 3m-2 1.6l0 -1.4"/>`;

/** A meter, centred. */
export const meterSign = (x: number, y: number): string =>
  `<circle cx="${mm(x)}" cy="${mm(y)}" r="3"/><text class="b" x="${mm(x - 1)}" y="${mm(y + 0.9)}">M</text>`;

/** What kind of source a box is, in its corner: a converter between direct and alternating current, or a generator. */
export const source = (kind: "stage" | "pv" | "generator", x: number, y: number): string =>
  kind === "generator"
    ? `<circle cx="${mm(x + 2.6)}" cy="${mm(y + 1.8)}" r="1.9"/>${text(x + 1.7, y + 2.7, "G", "s")}`
    : `<rect x="${mm(x)}" y="${mm(y)}" width="5.2" height="3.6"/><path d="M${mm(x)} ${mm(y + 3.6)}l5.2 -3.6"/>${text(x + 0.5, y + 1.9, "=", "s")}${text(x + 3.1, y + 3.4, "~", "s")}`;

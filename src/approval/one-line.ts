/**
 * The one-line diagram of a site, drawn from its configuration: service above, K1, the site bus, and below it rows of what hangs
 * on it. Units of the drawing are millimetres on A4; text is at least 2.3 mm high, so that it is read on paper.
 */
import { pccMeteringOf } from "../config/pcc-metering.ts";
import type { SiteConfig } from "../config/site.ts";
import { transferPartsOf } from "../config/transfer-parts.ts";
import { approvalOf, type Evidence } from "./evidence.ts";
import { amps, kVA, kW } from "./figures.ts";
import {
  box,
  breaker,
  dashed,
  line,
  mark,
  meterSign,
  source,
  switchSign,
  text,
  transformer,
  utilitySign,
} from "./one-line-signs.ts";

const widthMm = 186;
/** The line that carries the service, and the bus that the rows hang on. */
const serviceX = 34;
const busX = 8;
const perRow = 8;
const dropWidthMm = 21.5;
const rowHeightMm = 35;
/** More EVSEs than this, and alike neighbours are drawn as one. */
const drawnSinglyMax = 40;

/** One thing below the bus. */
interface Drop {
  readonly sign: "stage" | "pv" | "load" | "generator";
  readonly title: string;
  readonly lines: readonly string[];
  readonly breaker: string;
}

interface Row {
  readonly title: string;
  readonly drops: readonly Drop[];
}

export function oneLineSvg(evidence: Evidence): string {
  const head = service(evidence);
  const rows = rowsOf(evidence);
  let y = head.endY + 8;
  const drawn: string[] = [];
  for (const row of rows) {
    drawn.push(drawRow(row, y));
    y += rowHeightMm + (row.title === "" ? 0 : 3);
  }
  const lastY = y - rowHeightMm;
  const bus =
    rows.length === 0
      ? ""
      : line(busX, head.endY, busX, lastY, "bus") + line(busX, head.endY, serviceX, head.endY, "bus");
  const heightMm = y + 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${widthMm} ${heightMm}" class="one-line" role="img" aria-label="One-line diagram">
<style>.one-line{font-family:Helvetica,Arial,sans-serif}.one-line text{font-size:2.5px;fill:#111}.one-line .b{font-weight:700}.one-line .s{font-size:2.3px;fill:#333}.one-line line,.one-line path,.one-line circle,.one-line rect{stroke:#111;stroke-width:.35;fill:none}.one-line .bus{stroke-width:.9}.one-line .d{stroke-width:.25;stroke-dasharray:1.2 .9;stroke:#0b5394}.one-line .dot{fill:#111}.one-line .control{stroke:#0b5394;stroke-width:.35}</style>
${head.drawn}${bus}${drawn.join("\n")}
</svg>
`;
}

/** From the utility down to the bus: what is not given says so. */
function service(evidence: Evidence): { readonly drawn: string; readonly endY: number } {
  const { config } = evidence.site;
  const { site, pcc, transferDevice } = config;
  const { utility, service: panel, grounding } = approvalOf(evidence);
  const parts: string[] = [];
  let y = 6;
  const label = (words: string, small = "", atY = y): void => {
    parts.push(text(serviceX + 7, atY + 0.9, words, "b"));
    if (small !== "") parts.push(text(serviceX + 7, atY + 4, small, "s"));
  };
  const down = (mm: number): void => {
    parts.push(line(serviceX, y, serviceX, y + mm));
    y += mm;
  };
  parts.push(utilitySign(serviceX, y));
  label(utility.name ?? "Utility", `${site.nominalVoltageV} V, ${site.nominalFrequencyHz} Hz, ${site.phases}-phase`);
  y += 3.5;
  down(4);
  parts.push(transformer(serviceX, y));
  label(
    "Service transformer",
    utility.transformerVA === undefined ? "rating not given" : kVA(utility.transformerVA),
    y + 3,
  );
  y += 7;
  down(3);
  parts.push(switchSign(serviceX, y, "closed"));
  label("Disconnect, lockable", panel.disconnect ?? "place not given", y + 2);
  y += 6;
  down(3);
  parts.push(breaker(serviceX, y));
  const rating = panel.mainBreakerA === undefined ? "rating not given" : amps(panel.mainBreakerA);
  label(
    `Main breaker ${rating}`,
    panel.busbarA === undefined ? "busbar: rating not given" : `busbar ${amps(panel.busbarA)}`,
    y + 2,
  );
  y += 4.5;
  down(4);
  const meterY = y + 3;
  const hasMeter = pccMeteringOf(config) !== "none";
  if (hasMeter) {
    parts.push(meterSign(serviceX, meterY));
    label("PCC: meter", meterText(config), meterY);
    y += 6;
  }
  down(5);
  // What the building takes before K1.
  parts.push(
    line(serviceX, y, serviceX - 14, y),
    mark(serviceX, y),
    `<path d="M${serviceX - 14} ${y}l0 5m-1.6 -2l1.6 2l1.6 -2"/>`,
  );
  parts.push(text(serviceX - 30, y + 8.5, "Loads of the building", "s"));
  down(6);
  const k1Y = y + 3;
  const islands = transferDevice !== undefined && transferDevice.kind !== "none";
  if (islands) {
    parts.push(switchSign(serviceX, y, "moved"));
    label(`K1: ${transferDevice.kind}`, k1Text(config), y + 2);
    if (grounding) label("", `neutral ${grounding.neutral}, bond: ${grounding.bond}`, y + 5);
    y += 6;
  }
  down(islands ? 9 : 4);
  parts.push(text(serviceX + 7, y + 0.9, islands ? "Site bus, island behind K1" : "Site bus", "b"));
  parts.push(...controller(evidence, hasMeter ? meterY : null, islands ? k1Y : null));
  if (pcc.reversePower) parts.push(text(serviceX + 7, meterY + 6.6, "32R / 32F emulated here", "s"));
  return { drawn: parts.join("\n"), endY: y };
}

function meterText(config: SiteConfig): string {
  const { meter } = config.pcc;
  const what = meter.sumOf.length > 0 ? `sum of ${meter.sumOf.map(({ device }) => device).join(", ")}; ` : "";
  return `${what}class ${meter.accuracyClassPct} %, each ${meter.updateMs} ms`;
}

function k1Text(config: SiteConfig): string {
  const parts = transferPartsOf(config);
  const { travelMs } = config.transferDevice!;
  const bond = config.bonding && config.approval?.grounding === undefined ? ", bond switched" : "";
  const proof =
    parts === undefined
      ? "two contacts, voltage of both sides"
      : `contacts at ${parts.contacts.device}${parts.contacts.mirror ? " (mirror)" : ""}`;
  return `${travelMs} ms, ${proof}${bond}`;
}

/** The controller with its limits, and dashed lines to what it measures and commands. */
function controller({ site }: Evidence, meterY: number | null, k1Y: number | null): string[] {
  const { config, profile } = site;
  const { pcc } = config;
  const x = 122;
  const y = 20;
  const limit =
    pcc.conductorLimitW < 100_000_000 ? `protective limit ${kW(pcc.conductorLimitW)}` : "protective limit not given";
  const words = [
    config.site.serviceMode,
    `import at most ${kW(pcc.importLimitW)}`,
    `export at most ${kW(pcc.exportLimitW)}`,
    limit,
    `power control: ${pcc.powerControlMode}`,
    `grid code ${profile.name}`,
  ];
  const height = 8 + 3.6 * words.length;
  const to = (targetY: number, atY: number): string =>
    dashed(`M${x} ${atY}L${x - 6} ${atY}L${x - 6} ${targetY}L${serviceX + 4} ${targetY}`);
  return [
    `<rect class="control" x="${x}" y="${y}" width="62" height="${height}"/>`,
    text(x + 2, y + 4.5, "Islet: controller, power control system", "b"),
    ...words.map((word, i) => text(x + 2, y + 9 + 3.6 * i, word)),
    meterY === null ? "" : to(meterY - 2.2, y + height - 6),
    k1Y === null ? "" : dashed(`M${x + 4} ${y + height}L${x + 4} ${k1Y - 3.4}L${serviceX + 4} ${k1Y - 3.4}`),
    dashed(`M${x + 12} ${y + height}L${x + 12} ${(k1Y ?? y + height) + 12}L${x - 30} ${(k1Y ?? y + height) + 12}`),
    text(x - 29, (k1Y ?? y + height) + 11.2, "to each power stage", "s"),
  ];
}

function drawRow({ title, drops }: Row, y: number): string {
  const titled = title === "" ? 0 : 3;
  const busY = y + titled;
  const lastX = busX + 10 + dropWidthMm * (drops.length - 1);
  const head = title === "" ? "" : text(busX + 3, y + 1.2, title, "b");
  const bus = line(busX, busY, lastX, busY, "bus");
  return `${head}${bus}${mark(busX, busY)}${drops.map((drop, i) => drawDrop(drop, busX + 10 + dropWidthMm * i, busY)).join("")}`;
}

function drawDrop({ sign, title, lines, breaker: rating }: Drop, x: number, y: number): string {
  const protection = `${line(x, y, x, y + 3)}${breaker(x, y + 3)}${line(x, y + 7.5, x, y + 10)}${rating === "" ? "" : text(x + 2.6, y + 6, rating, "s")}`;
  const left = x - 8.5;
  const signed =
    sign === "load"
      ? `<path d="M${x} ${y + 10}l0 4m-1.6 -2l1.6 2l1.6 -2"/>`
      : box(left, y + 10, 19.5, 20.5) + source(sign, left + 13.5, y + 26.2);
  const at = sign === "load" ? y + 17 : y + 13;
  const titles = wrapped(title);
  const words = [...titles, ...lines]
    .map((word, i) =>
      text(left + 0.8, at + 3 * i, i < titles.length ? word : shortened(word), i < titles.length ? "b" : "s"),
    )
    .join("");
  return protection + signed + words;
}

/** What a box of the drawing has room for: small letters, and bold ones. */
const roomChars = 14;
const boldChars = 13;
/** A title in up to two lines. */
function wrapped(title: string): readonly string[] {
  const lines = [""];
  for (const word of title.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length <= boldChars || lines.at(-1) === "") lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  const cut = (line: string): string => (line.length > boldChars ? `${line.slice(0, boldChars - 1)}…` : line);
  return lines.length <= 2 ? lines.map(cut) : [cut(lines[0]!), `${lines[1]!.slice(0, boldChars - 1)}…`];
}
const shortened = (word: string): string => (word.length > roomChars ? `${word.slice(0, roomChars - 1)}…` : word);

function rowsOf(evidence: Evidence): Row[] {
  const { config } = evidence.site;
  const { evses, pv, tiers, generator, pcc, loadPanel } = config;
  const named = new Set<number>();
  const rows: Row[] = [];
  const push = (title: string, drops: readonly Drop[]): void => {
    for (let i = 0; i < drops.length; i += perRow)
      rows.push({
        title: i === 0 ? title : `${title}${title === "" ? "" : " (continued)"}`,
        drops: drops.slice(i, i + perRow),
      });
  };
  for (const { name, kind, evses: fed, chargeLimitW } of pcc.groups) {
    const own = fed.map((number) => number - 1).filter((index) => !named.has(index));
    for (const index of own) named.add(index);
    const rating = breakerOf(evidence, `group ${name}`);
    const title = `${name} (${kind}, at most ${kW(chargeLimitW)}${rating === "" ? "" : `, breaker ${rating}`})`;
    if (own.length > 0) push(title, stages(evidence, own));
  }
  const others = [
    ...stages(
      evidence,
      evses.map((_, i) => i).filter((i) => !named.has(i)),
    ),
    ...pv.map(
      ({ name, ratedW, curtail }, i): Drop => ({
        sign: "pv",
        title: name ?? `PV ${i + 1}`,
        lines: ["PV", kW(ratedW), curtail === "none" ? "watched" : `by ${curtail.split("-")[0]}`],
        breaker: breakerOf(evidence, `pv ${i + 1}`),
      }),
    ),
    ...(generator ? [{ sign: "generator", title: "Generator", lines: ["contact read"], breaker: "" } as const] : []),
  ];
  push("", others);
  push(
    tiers.length > 0 ? `Loads behind K1${loadPanel ? ", switched by the load panel" : ""}` : "",
    tiers.map(
      ({ name, loadW, sheddable }): Drop => ({
        sign: "load",
        title: name,
        lines: [kW(loadW), sheddable ? "may be shed" : "never shed"],
        breaker: "",
      }),
    ),
  );
  return rows;
}

/** Of the breaker that feeds it alone. */
function breakerOf(evidence: Evidence, word: string): string {
  const own = approvalOf(evidence).service.breakers.find(({ covers }) => covers.length === 1 && covers[0] === word);
  return own === undefined ? "" : amps(own.ratedA);
}

function stages(evidence: Evidence, indexes: readonly number[]): Drop[] {
  const { evses } = evidence.site.config;
  const drops = indexes.map((index) => {
    const { name, maxChargeW, maxDischargeW, dischargeEnabled, gridForming, phase } = evses[index]!;
    const gives = dischargeEnabled ? `−${kW(maxDischargeW)}` : "no discharge";
    const lines = [
      `stage ${index + 1}`,
      `+${kW(maxChargeW)}`,
      gives,
      [gridForming ? "forms island" : "", phase === "all" ? "" : `phase ${phase}`].filter(Boolean).join(", "),
    ];
    return {
      title: name ?? `EVSE ${index + 1}`,
      lines,
      breaker: breakerOf(evidence, `evse ${index + 1}`),
      sign: "stage" as const,
    };
  });
  if (drops.length <= drawnSinglyMax) return drops;
  return alikeTogether(drops);
}

/** Neighbours with the same figures as one, with how many they are. */
function alikeTogether(drops: readonly Drop[]): Drop[] {
  const groups: { first: Drop; last: Drop; count: number }[] = [];
  const figures = ({ lines, breaker: rating }: Drop): string => `${lines.slice(1).join("|")}|${rating}`;
  for (const drop of drops) {
    const group = groups.at(-1);
    if (group !== undefined && figures(group.first) === figures(drop)) {
      group.last = drop;
      group.count++;
    } else groups.push({ first: drop, last: drop, count: 1 });
  }
  const numberOf = ({ lines }: Drop): string => lines[0]!.replace("stage ", "");
  return groups.map(({ first, last, count }) =>
    count === 1
      ? first
      : {
          ...first,
          title: `${count} alike`,
          lines: [`stages ${numberOf(first)}–${numberOf(last)}`, ...first.lines.slice(1)],
        },
  );
}

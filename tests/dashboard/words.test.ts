import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { eventWords } from "../../src/domain/event-words.table.ts";
import { reasonKeys, reasons } from "../../src/domain/reasons.ts";
import { sentences } from "../../src/domain/words.table.ts";
import {
  type EventKey,
  eventKeys,
  fill,
  nameOfReason,
  type SentenceKey,
  say,
  sayEvent,
  sentenceKeys,
  utcClock,
  type WordValues,
  writeValue,
} from "../../src/domain/words.ts";

const at = (h: number, m: number, s = 0): number => Date.UTC(2026, 6, 14, h, m, s);
const plain = (text: string): string => text.replaceAll("\u00a0", " ");

/** The wording of the design, numbered as there: [number, sentence, key, values]. */
const wording: readonly (readonly [number, string, SentenceKey | EventKey, WordValues?])[] = [
  [1, "In parallel with the grid. Exporting nothing, by permit.", "mode.parallel.noExport"],
  [
    2,
    "In parallel with the grid. Exporting 18.0 of 25.0 kW permitted.",
    "mode.parallel.exporting",
    { exportW: -18_000, exportLimitW: 25_000 },
  ],
  [3, "Load only. The vehicle feeds the site only in an outage.", "mode.loadOnly.oneVehicle"],
  [
    4,
    "The grid is back. Discharging may start at 19:17:20 if the grid stays good.",
    "mode.enterDelay.back",
    { endsAtMs: at(19, 17, 20) },
  ],
  [5, "Ramping. Full permitted power may be used from 19:22:20.", "mode.ramping", { endsAtMs: at(19, 22, 20) }],
  [6, "Stopped discharging. The grid voltage is 0.86 pu.", "mode.ceased.voltage", { voltagePu: 0.86 }],
  [7, "Leaving the grid. Chargers stop before K1 opens.", "mode.isolating"],
  [8, "Opening K1. Both contacts must say open within 0.3 s.", "mode.opening", { travelLimitS: 0.3 }],
  [9, "Starting the island. The site bus is proven dead.", "mode.islandStarting"],
  [10, "Island. The site feeds itself; the grid is proven disconnected.", "mode.islandRunning"],
  [11, "Returning to the grid. Loads are without power for about half a second.", "mode.returning"],
  [12, "No feedback. K1 does not answer; every charger is off.", "mode.noFeedback.silent", { device: "K1" }],
  [13, "Locked out. K1 contact NO says open, NC says closed.", "mode.lockedOut", { no: "open", nc: "closed" }],
  [14, "K1 did not prove open within 0.3 s. Locked out.", "k1NotOpen", { travelLimitS: 0.3 }],
  [15, "The PCC meter is frozen. Discharging stopped.", "meter-frozen"],
  [
    16,
    "Exported 3.1 kW for 0.4 s. The wash hall dropped 41.0 kW.",
    "inadvertentExport",
    { peakW: -3100, durationS: 0.4, load: "The wash hall", dropW: 41_000 },
  ],
  [17, "Charger 4 does not follow its setpoint.", "stageDisobeys", { evse: 4 }],
  [
    18,
    "Bus 115 cannot reach 90 % by 06:00. Forecast 88 %.",
    "targetMissed",
    { vehicle: "Bus 115", targetPct: 90, departsByMs: at(6, 0), forecastPct: 88 },
  ],
  [
    19,
    "Bus 101 is needed at 21:56. Keep it plugged in.",
    "neededAt",
    { vehicle: "Bus 101", neededByMs: at(21, 56, 13) },
  ],
  [
    20,
    "Power stage 3’s firmware is not covered by the permit. Parallel operation is off.",
    "firmwareNotCovered",
    { stage: 3 },
  ],
  [21, "Return to the grid failed for 5 min. The site stays an island.", "returnFailed", { failedMin: 5 }],
  [22, "The backend certificate expires in 9 days.", "certificateExpires", { name: "backend", leftDays: 9 }],
  [23, "Refused: no permission to operate in parallel is installed; only backup is allowed.", "refuse.noPermit"],
  [
    24,
    "Refused: 300.0 kW is above the 250.0 kW in force. Operators may only tighten, or take back their own.",
    "refuse.onlyTighten",
    { askedW: 300_000, inForceW: 250_000 },
  ],
  [25, "Refused: Bus 113 needs the grid until 18:10.", "refuse.gridNeeded", { vehicle: "Bus 113", untilMs: "18:10" }],
  [26, "Reset appears when NO and NC agree for 500 ms and the meter is fresh.", "refuse.resetWaits", { agreeMs: 500 }],
  [27, "Only a person at the transfer device may ask for an island.", "refuse.onSiteIsland"],
  [28, "Nothing needs you.", "empty.needs"],
  [29, "No vehicle is plugged in.", "empty.vehicles"],
  [30, "No PV forecast. The plan uses yesterday.", "empty.pvForecast"],
];

describe("wording", () => {
  test.each(wording.map(([number, sentence, key, values]) => ({ number, sentence, key, values })))(
    "$number. $sentence",
    ({ sentence, key, values }) => {
      const said = Object.hasOwn(sentences, key)
        ? say(key as SentenceKey, values)
        : sayEvent(key as EventKey, values).sentence;
      expect(plain(said)).toBe(sentence);
    },
  );

  test("every limit of a setpoint has a name for the chain", () => {
    const nameless = reasonKeys.filter((key) => !("name" in reasons[key]));
    expect(nameless, "add a short name to these reasons: “Export limit”").toEqual([]);
    for (const key of reasonKeys) expect(nameOfReason(key)).not.toBe("");
  });

  const everySentence = [
    ...sentenceKeys.map((key) => [key, sentences[key]] as const),
    ...Object.entries(eventWords).flatMap(
      ([key, words]) =>
        [
          [key, words.sentence],
          [`${key} cause`, words.cause ?? ""],
          [`${key} todo`, words.todo ?? ""],
        ] as const,
    ),
    ...reasonKeys.map((key) => [key, reasons[key].sentence] as const),
  ];
  test.each([
    ["no exclamation mark", /!(?!\})/],
    ["no “please”", /please/i],
    ["no “error”", /\berror\b/i],
    ["no marketing words", /V2[GHX]/],
    ["no minus sign as a direction", /[−-]\{/],
  ])("%s", (_name, forbidden) => {
    expect(everySentence.filter(([, text]) => forbidden.test(text))).toEqual([]);
  });
  test("every sentence ends as a sentence", () => {
    expect(
      everySentence.filter(
        ([key, text]) =>
          text !== "" && !/[.”}]$/.test(text) && !/^(changed\.|refuse\.alreadyDone|empty\.plan)/.test(key),
      ),
    ).toEqual([]);
  });
  test("no two tables of events have the same key", async () => {
    const folder = join(import.meta.dirname, "../../src/domain/events");
    const tables = await Promise.all(readdirSync(folder).map((file) => import(join(folder, file)) as Promise<object>));
    const keys = tables.flatMap((table) => Object.values(table).flatMap((rows) => Object.keys(rows as object)));
    expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
    expect(keys.sort()).toEqual(Object.keys(eventWords).sort());
  });
  test("every event is a key and has severity and an end", () => {
    expect(eventKeys.length).toBe(Object.keys(eventWords).length + reasonKeys.length);
    for (const words of Object.values(eventWords)) expect(words.clears).toMatch(/^(itself|afterDelay|onReset|never)$/);
  });
});

describe("values", () => {
  test.each([
    ["exportLimitW", -25_000, "25.0 kW"],
    ["energyWh", 12_340, "12.3 kWh"],
    ["energyWh", 756_000, "756 kWh"],
    ["voltagePu", 0.9, "0.90 pu"],
    ["voltagePu", 0.917, "0.917 pu"],
    ["minFrequencyHz", 59.5, "59.5 Hz"],
    ["frequencyHz", 60.01, "60.01 Hz"],
    ["reservePct", 29.6, "30 %"],
    ["travelLimitS", 0.3, "0.3 s"],
    ["delayS", 300, "300 s"],
    ["runwayH", 7.44, "7.4 h"],
    ["runwayH", 60.2, "60 h"],
    ["leftDays", 1, "1 day"],
    ["ageMs", 24, "24 ms"],
    ["nextPerKWh", 0.126, "0.126"],
    ["endsAtMs", at(19, 17, 20), "19:17:20"],
    ["endsAtMs", at(21, 0), "21:00"],
    ["neededByMs", at(21, 56, 40), "21:56"],
    ["count", 3, "3"],
    ["powerW", Number.NaN, "–"],
  ] as const)("%s %s is written “%s”", (name, value, text) => {
    expect(plain(writeValue(name, value, utcClock))).toBe(text);
  });
  test("a value that is missing is a dash, never “undefined”", () => {
    expect(fill("Above {limitW} by {overW!}.", { limitW: 1000 }, utcClock).replaceAll("\u00a0", " ")).toBe(
      "Above 1.0 kW by –.",
    );
  });
  test("a name with braces is not filled again", () => {
    expect(fill("{vehicle} leaves.", { vehicle: "{vehicle}" }, utcClock)).toBe("{vehicle} leaves.");
  });
});

/** Every page as the gateway draws it, in German and Spanish: no English sentence is left on it, and one that is planted is found. */
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openAccounts } from "../../../src/dashboard/access/accounts.ts";
import { createDashboard, type Dashboard } from "../../../src/dashboard/server/server.ts";
import { createFakeSource } from "../fakeSource.ts";
import { askingStep, sampleCommissioning } from "../sampleCommissioning.ts";
import { samplePorts } from "../samplePorts.ts";
import { sampleNames, sampleState } from "../sampleStates.ts";
import { englishIn, spokenText } from "./english.ts";
import { scan } from "./messages.ts";

const first = sampleState("parallel");
const commissioning = sampleCommissioning(first);
const source = Object.assign(createFakeSource(first), samplePorts(first), { commissioning });
let board: Dashboard;
beforeAll(async () => {
  board = await createDashboard({
    port: 0,
    host: "127.0.0.1",
    source,
    accounts: openAccounts(null),
    log: pino({ level: "silent" }),
    demo: { role: "installer" },
    onSiteAddresses: ["127.0.0.1"],
  });
  // The demonstration signs everybody in on the overview.
  cookie = ((await fetch(board.url)).headers.get("set-cookie") ?? "").split(";")[0] ?? "";
});
afterAll(() => board.close());

const pages = [
  "/fleet",
  "/fleet/vehicles",
  "/fleet/vehicle/bus-104",
  "/fleet/charger/7",
  "/fleet/charger/16",
  "/fleet/change?act=stop&evse=7",
  "/fleet/change?act=departure&evse=7",
  "/fleet/plan",
  "/fleet/plan/why?evse=7",
  "/fleet/reserve",
  "/fleet/grid-events",
  "/history",
  "/history/month",
  "/history?date=1999-01-01",
  "/events",
  "/installation",
  "/installation?step=nudges",
  "/installation?step=limit",
  "/installation?step=hands",
  "/installation?step=watchdogs",
  "/alerts",
  "/updates",
];
let cookie = "";
const drawn = async (path: string, language: string): Promise<string> => {
  const answer = await fetch(board.url + path, { headers: { "accept-language": language, cookie } });
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.text();
};
/** What the sample ports say as the real ones would, in English alone; and what the sample states call things and quote. */
const portsSay = scan("tests/dashboard/samplePorts.ts")
  .bare.flatMap(({ text }) => text.trim().split(/(?<=\.) /))
  .map((text) =>
    text
      .split(/\{\d+\}/)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*?"),
  );
const quoted = [
  "The wash hall",
  "The truck",
  "The vehicle’s isolation self-test failed",
  "The vehicle reported an isolation self-test failure",
  "tightened from 300 kW",
];
const samples = new RegExp([...portsSay.sort((x, y) => y.length - x.length), ...quoted].join("|"), "g");
const left = (page: string, language: string): string[] =>
  englishIn(spokenText(page).replaceAll("\u00a0", " ").replace(samples, ""), language);

describe.each(["de", "es"])("%s", (language) => {
  test.each(pages)("%s", async (path) => {
    expect(left(await drawn(path, language), language)).toEqual([]);
  });

  test("a step of commissioning that asks", async () => {
    commissioning.running = askingStep(first);
    const page = await drawn("/installation", language);
    commissioning.running = null;
    expect(left(page, language)).toEqual([]);
  });

  test.each(sampleNames)("the overview, %s", async (name) => {
    source.set(sampleState(name));
    const page = await drawn("/", language);
    source.set(first);
    expect(left(page, language)).toEqual([]);
  });

  test("one that is planted is found", async () => {
    const page = await drawn("/fleet", language);
    const planted = page.replace("</main>", "<p>Nothing was planned for it.</p></main>");
    expect(left(planted, language)).toEqual(["Nothing was planned for it."]);
  });
});

test("English itself is English", async () => {
  expect(englishIn(spokenText(await drawn("/fleet", "en"))).length).toBeGreaterThan(5);
});

/** The file of mutual-aid agreements: what is right is taken, whatever would be settled wrongly is refused with its line. */
import { describe, expect, test } from "vitest";
import { parseAgreements } from "../../src/config/agreements-file.ts";

const parties = "parties: [{ id: depot, name: North Depot }, { id: garage, name: South Garage }]\n";
const one = (changes: Readonly<Record<string, string | null>> = {}): string => {
  const all: Record<string, string | null> = {
    account: "south-12",
    host: "depot",
    guest: "garage",
    from: "2026-11-01",
    until: "2026-12-31",
    currency: "EUR",
    energyPerKWh: "0.30",
    wearPerKWh: "0.08",
    supplyPerKWh: "0.25",
    vehicles: "[{ evccId: 00:11:22:33:44:AA }]",
    ...changes,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== null);
  return `  - ${lines.map(([name, value]) => `${name}: ${value}`).join("\n    ")}\n`;
};
const complaints = (...agreements: string[]): string[] => {
  const parsed = parseAgreements(`${parties}agreements:\n${agreements.join("")}`, "a.yaml");
  return parsed.ok ? [] : parsed.error.map(({ line, setting, complaint }) => `${line} ${setting}: ${complaint}`);
};

test("what is right is taken, with the parties' names; the host pays travel only where that is said", () => {
  const parsed = parseAgreements(`${parties}agreements:\n${one()}`, "a.yaml");
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  expect(parsed.value[0]).toMatchObject({
    hostName: "North Depot",
    guestName: "South Garage",
    travel: { paidBy: "guest", perVisit: 0 },
    vehicles: [{ kind: "evccId", value: "00:11:22:33:44:AA" }],
  });
  expect(parseAgreements("parties: []\nagreements: []\n", "a.yaml").ok).toBe(true);
});

describe("what is refused", () => {
  const rows: readonly (readonly [string, string[], RegExp])[] = [
    ["a price that is missing", [one({ wearPerKWh: null })], /wearPerKWh: must be the price of wear .*write 0/],
    ["a negative price", [one({ supplyPerKWh: "-0.1" })], /supplyPerKWh: must be from 0 to 100/],
    [
      "an unknown party",
      [one({ guest: "nowhere" })],
      /^5 agreements\[0\]\.guest: must be one of the parties; listed are depot, garage/,
    ],
    ["a guest of itself", [one({ guest: "depot" })], /another party than the host/],
    ["an end before its beginning", [one({ until: "2026-10-01" })], /until: must not be before 2026-11-01/],
    ["a date that does not exist", [one({ from: "2026-02-30" })], /from: must be a date that exists/],
    [
      "the same vehicle twice at a time, written differently",
      [one(), one({ account: "other", from: "2026-12-31", until: "2027-01-31", vehicles: "[{ mac: 0011223344aa }]" })],
      /agreements\[1\]\.from: overlaps agreement 1 \(account south-12, 2026-11-01 to 2026-12-31\)/,
    ],
    ["the same account twice at a time", [one(), one({ vehicles: "[{ rfid: X }]" })], /overlaps agreement 1/],
    ["a word that is not known", [one({ price: "1" })], /has price, which is unknown here/],
    ["no vehicle", [one({ vehicles: "[]" })], /vehicles: must name at least one/],
    ["a vehicle by two identifiers in one", [one({ vehicles: "[{ rfid: X, mac: Y }]" })], /must name one of/],
    ["travel that the guest pays", [one({ travel: "{ paidBy: guest, perVisit: 4 }" })], /leave perVisit out/],
    ["a currency in words", [one({ currency: "euros" })], /currency: must be an ISO 4217 code/],
  ];
  test.each(rows)("%s", (_, agreements, sentence) => {
    const said = complaints(...agreements);
    expect(said.join("\n")).toMatch(sentence);
  });

  test("one agreement after the other with new prices is right; a list that is no YAML is told with its line", () => {
    expect(complaints(one(), one({ from: "2027-01-01", until: "2027-12-31", energyPerKWh: "0.2" }))).toEqual([]);
    const broken = parseAgreements("parties: [\n", "a.yaml");
    expect(broken.ok ? [] : broken.error.map(({ file, line }) => [file, line > 0])).toEqual([["a.yaml", true]]);
  });
});

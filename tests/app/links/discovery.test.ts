/** Home Assistant's own rules for what a device announces, held against every message; and what commands a message is read as. */
import { describe, expect, test } from "vitest";
import { type Right, rights } from "../../../src/app/links/asks.table.ts";
import { readCommand, readTopic } from "../../../src/app/links/mqtt/commands.ts";
import { discoveryOf } from "../../../src/app/links/mqtt/discovery.ts";
import { evseState, siteState } from "../../../src/app/links/mqtt/state.ts";
import {
  binaryClasses,
  deviceKeys,
  discoveryTopic,
  messageKeys,
  numberClasses,
  platformKeys,
  sensorClasses,
  stateMax,
  textSensor,
} from "./home-assistant.table.ts";
import { linkSite } from "./site.ts";

type Component = Record<string, unknown> & { platform: string; unique_id: string; value_template?: string };
interface Message {
  device: Record<string, unknown> & { identifiers: string[] };
  components: Record<string, Component>;
  origin: { name: string };
  availability: { topic: string }[];
  state_topic: string;
}

const options = {
  prefix: "homeassistant",
  base: "islet/depot",
  siteName: "Depot",
  chargers: ["Bay 1", "Bay 2"],
  rights: rights as readonly Right[],
  ranges: [
    { chargeW: 22_000, dischargeW: 22_000 },
    { chargeW: 11_000, dischargeW: 0 },
  ],
};
const parse = (given: Partial<typeof options> = {}) =>
  discoveryOf({ ...options, ...given }).map(({ topic, payload }) => ({
    topic,
    message: JSON.parse(payload) as Message,
  }));

describe("what Home Assistant is told", () => {
  const site = linkSite();
  const sources = { report: site.report, inputs: site.evses, people: site.people, links: site.links, nowMs: 0 };
  const states = [siteState(sources), evseState(sources, 0), evseState(sources, 1)];

  test.each(parse())("$topic: its payload, units and classes are among those that it allows", ({ topic, message }) => {
    expect(topic).toMatch(discoveryTopic);
    expect(Object.keys(message).filter((key) => !messageKeys.includes(key))).toEqual([]);
    expect(Object.keys(message.device).filter((key) => !deviceKeys.includes(key))).toEqual([]);
    expect(message.device.identifiers.length).toBeGreaterThan(0);
    expect(message.availability).toEqual([{ topic: "islet/depot/status" }]);
    const all = Object.values(message.components);
    expect(all.length).toBeGreaterThan(10);
    for (const component of all) {
      const { platform, device_class, unit_of_measurement, state_class, unique_id } = component;
      const said = `${unique_id}: ${JSON.stringify(component)}`;
      expect(
        Object.keys(component).filter((key) => !platformKeys[platform]?.includes(key)),
        said,
      ).toEqual([]);
      if (platform === "sensor") {
        const allowed = device_class === undefined ? textSensor : sensorClasses[String(device_class)];
        expect(allowed?.units, said).toContain(unit_of_measurement);
        expect(allowed?.states, said).toContain(state_class);
        expect(device_class === "enum", said).toBe("options" in component);
      }
      if (platform === "binary_sensor") expect(binaryClasses, said).toContain(device_class);
      if (platform === "number") {
        expect(numberClasses[String(device_class)], said).toContain(unit_of_measurement);
        expect(Number(component["min"]), said).toBeLessThan(Number(component["max"]));
      }
      if (platform === "number" || platform === "select" || platform === "button")
        expect(readTopic("islet/depot", String(component["command_topic"])), said).not.toBeNull();
    }
  });

  test("each entity's value stands in the state that it reads, as a text that fits", () => {
    parse().forEach(({ message }, n) => {
      const state = states[n] as Record<string, unknown>;
      for (const { value_template, unique_id, options: words } of Object.values(message.components)) {
        if (value_template === undefined) continue;
        const path = /^\{\{ value_json\.([A-Za-z.]+) \}\}$/.exec(value_template)?.[1]?.split(".") ?? [];
        const value = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], state);
        expect(value, unique_id).not.toBeUndefined();
        expect(String(value).length, unique_id).toBeLessThanOrEqual(stateMax);
        if (Array.isArray(words)) expect(words, unique_id).toContain(value);
      }
    });
  });

  test("ids are unique over all devices, chargers stand behind the site, and what may not be asked is not offered", () => {
    const ids = parse().flatMap(({ message }) => Object.values(message.components).map(({ unique_id }) => unique_id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(parse().map(({ message }) => message.device["via_device"])).toEqual([
      undefined,
      "islet_depot",
      "islet_depot",
    ]);
    const commands = parse({ rights: [] }).flatMap(({ message }) =>
      Object.values(message.components).filter((component) => "command_topic" in component),
    );
    expect(commands).toEqual([]);
  });

  test("a power stage that is not heard has no power, not its old one", () => {
    site.report.site.atMs = 60_000;
    site.report.stages[0]!.powerW = 7_000;
    expect(evseState(sources, 0)).toMatchObject({ powerW: null, chargeW: null, problem: "ON" });
    Object.assign(site.report.stages[0]!, { atMs: 59_900, liveAtMs: 59_900 });
    expect(evseState(sources, 0)).toMatchObject({ powerW: 7_000, chargeW: 7_000, dischargeW: 0, known: "live" });
  });
});

describe("a command", () => {
  const bytes = (text: string) => Buffer.from(text);
  const read = (topic: string, text: string) => {
    const place = readTopic("islet/depot", topic);
    return place === null ? null : readCommand(place, bytes(text));
  };
  const cases: [string, string, string, unknown][] = [
    [
      "with all in it",
      "islet/depot/evse/1/set",
      '{"powerW":-5000,"validS":60,"id":"a"}',
      { what: "powerW", evse: 1, value: -5_000, validS: 60, id: "a" },
    ],
    [
      "for the site",
      "islet/depot/set",
      '{"importLimitW":9000}',
      { what: "importLimitW", evse: 0, value: 9_000, validS: undefined },
    ],
    [
      "a bare number, with the usual lease",
      "islet/depot/evse/2/powerW/set",
      "4200",
      { what: "powerW", evse: 2, value: 4_200, validS: 900 },
    ],
    [
      "a value with a lease of its own",
      "islet/depot/powerW/set",
      '{"value":-1,"validS":5}',
      { what: "powerW", evse: 0, value: -1, validS: 5 },
    ],
    ["a word", "islet/depot/evse/1/mode/set", "stop", { what: "mode", evse: 1, value: "stop" }],
    [
      "a moment",
      "islet/depot/evse/1/set",
      '{"departsAtMs":"2027-01-01T07:00:00Z"}',
      { what: "departsAtMs", evse: 1, value: Date.UTC(2027, 0, 1, 7) },
    ],
    ["a number that is none", "islet/depot/evse/1/powerW/set", "0x10", { what: "powerW", evse: 1, value: Number.NaN }],
  ];
  test.each(cases)("%s", (_, topic, text, ask) => {
    expect(read(topic, text)).toMatchObject([{ kind: "ask", ask }]);
  });
  test("several things at once become one ask each, told apart by their ids", () => {
    expect(read("islet/depot/evse/1/set", '{"departsAtMs":1,"targetPct":80,"id":"d"}')).toMatchObject([
      { ask: { what: "departsAtMs", id: "d.departsAtMs" } },
      { ask: { what: "targetPct", id: "d.targetPct" } },
    ]);
  });
  test("that takes back", () => {
    expect(read("islet/depot/evse/1/powerW/set", "release")).toMatchObject([
      { kind: "release", what: "powerW", evse: 1 },
    ]);
    expect(read("islet/depot/set", '{"importLimitW":null}')).toMatchObject([{ kind: "release", evse: 0 }]);
  });
  test("that can't be one is none", () => {
    for (const text of [
      "{",
      "[]",
      '{"permit":1}',
      "",
      '{"powerW":1,"id":7}',
      `{"powerW":1,"id":"${"x".repeat(3_000)}"}`,
    ])
      expect([text.slice(0, 20), read("islet/depot/evse/1/set", text)?.[0]?.kind]).toEqual([
        text.slice(0, 20),
        "wrong",
      ]);
    for (const topic of [
      "islet/depot/evse/0/set",
      "islet/depot/evse/x/set",
      "islet/depot/permit/set",
      "islet/depot/evse/1/mode",
      "islet/other/set",
      "islet/depot/evse/1/mode/more/set",
    ])
      expect([topic, readTopic("islet/depot", topic)]).toEqual([topic, null]);
  });
});

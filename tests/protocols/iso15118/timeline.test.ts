/** Recorded sessions as timelines: what is told once, what was wrong, how they ended. */
import { describe, expect, it } from "vitest";
import { type Said, timelinesOf } from "../../../src/protocols/iso15118/timeline.ts";
import { type Bench, dinBench, iso2Bench, iso20Bench } from "./sessions/charger.ts";

const dcWay = ["CableCheck", "CableCheck", "PreCharge", "PowerDelivery+"];
const after = ["PowerDelivery-", "WeldingDetection", "SessionStop"];
const loops = (count: number): string[] => Array.from({ length: count }, () => "CurrentDemand");
const din = [
  "SessionSetup",
  "ServiceDiscovery",
  "ServicePaymentSelection",
  "ContractAuthentication",
  "ChargeParameterDiscovery",
];

/** A session of our own charger as a capture would have it. */
function record(one: Bench, set: "din" | "iso2", way: readonly string[]): Said[] {
  const said: Said[] = [];
  const Header = { SessionID: new Uint8Array(8).fill(1) };
  for (const key of way) {
    const root = "V2G_Message";
    const name = key.replace(/[+~-]$/, "");
    const askedMs = one.nowMs + 100;
    const { body } = one.send(key);
    const request = one.requestOf(key);
    said.push({ stream: "ev → se", tMs: askedMs, set, root, value: { Header, Body: { [`${name}Req`]: request } } });
    said.push({ stream: "se → ev", tMs: askedMs + 10, set, root, value: { Header, Body: { [`${name}Res`]: body } } });
  }
  return said;
}
const nameOf = (message: Said): string => Object.keys((message.value as { Body: object }).Body)[0]!;
const wrongOf = (said: readonly Said[]): string[] =>
  timelinesOf(said).flatMap(({ entries }) =>
    entries.flatMap(({ name, wrong }) => wrong.map((one) => `${name}: ${one}`)),
  );

describe("a session in order", () => {
  const said = record(dinBench(), "din", [...din, ...dcWay, ...loops(50), ...after]);

  it("has nothing wrong, and its loop is told once", () => {
    const [one, ...others] = timelinesOf(said);
    expect(others).toEqual([]);
    expect(one).toMatchObject({ protocol: "DIN SPEC 70121", sessionId: "0101010101010101", end: "stopped in order" });
    expect(wrongOf(said)).toEqual([]);
    expect(one!.entries.filter(({ name }) => name === "CurrentDemandReq")).toMatchObject([{ times: 50 }]);
    expect(one!.entries[0]).toMatchObject({ tMs: 0, from: "vehicle", name: "SessionSetupReq" });
  });

  it("is put in order by its times, whatever the order of its streams", () => {
    const apart = [
      ...said.filter(({ stream }) => stream === "se → ev"),
      ...said.filter(({ stream }) => stream === "ev → se"),
    ];
    expect(wrongOf(apart)).toEqual([]);
  });

  it("ISO 15118-2 and ISO 15118-20 likewise", () => {
    const iso2 = [
      ...["SessionSetup", "ServiceDiscovery", "PaymentServiceSelection", "Authorization", "ChargeParameterDiscovery"],
      ...dcWay,
      ...loops(3),
      ...after,
    ];
    expect(wrongOf(record(iso2Bench(), "iso2", iso2))).toEqual([]);
    const one = iso20Bench(true, true);
    const Header = { SessionID: new Uint8Array(8).fill(1), TimeStamp: 1 };
    const said20 = ["SessionSetup", "AuthorizationSetup", "Authorization", "ServiceDiscovery"].flatMap(
      (key, i): Said[] => {
        const { body } = one.send(key);
        const at = { set: "iso20-common", tMs: i * 100 };
        return [
          { ...at, stream: "a → b", root: `${key}Req`, value: { Header, ...one.requestOf(key) } },
          { ...at, stream: "b → a", tMs: at.tMs + 5, root: `${key}Res`, value: { Header, ...body } },
        ];
      },
    );
    expect(wrongOf(said20)).toEqual([]);
    expect(timelinesOf(said20)).toMatchObject([{ protocol: "ISO 15118-20", end: "the recording ends in selection" }]);
  });
});

describe("what was wrong", () => {
  const way = [...din, ...dcWay, ...loops(2), ...after];
  const good = record(dinBench(), "din", way);
  const at = (name: string): number => good.findIndex((one) => nameOf(one) === name);
  const later = (from: number, byMs: number): Said[] =>
    good.map((one, i) => (i >= from ? { ...one, tMs: one.tMs + byMs } : one));
  const ofSession = (one: Said, byte: number): Said => {
    const value = one.value as { Header: object; Body: object };
    return { ...one, value: { ...value, Header: { SessionID: new Uint8Array(8).fill(byte) } } };
  };

  it.each<[string, Said[], RegExp]>([
    [
      "an answer that came too late",
      later(at("CableCheckRes"), 2_500),
      /CableCheckRes: after 2\.5 s: vehicles wait 2 s/,
    ],
    ["a slow one has 5 s", later(at("PowerDeliveryRes"), 4_500), /^$/],
    [
      "a request that was left out",
      good.filter((_, i) => i !== at("PreChargeReq") && i !== at("PreChargeRes")),
      /PowerDeliveryReq: out of order in precharge/,
    ],
    [
      "a request of another session",
      good.map((one, i) => (i === at("CableCheckReq") ? ofSession(one, 9) : one)),
      /CableCheckReq: of session 09/,
    ],
    [
      "an answer of another session",
      good.map((one, i) => (i === at("CableCheckRes") ? ofSession(one, 9) : one)),
      /CableCheckRes: of session 09/,
    ],
    [
      "a request without an answer",
      good.filter((_, i) => i !== at("PreChargeRes")),
      /PowerDeliveryReq: PreChargeReq was not answered before it/,
    ],
    [
      "an answer without a request",
      good.filter((_, i) => i !== at("CableCheckReq")),
      /CableCheckRes: an answer that nobody has asked for/,
    ],
    [
      "a refusal",
      record(dinBench({ authorization: "rejected" }), "din", din.slice(0, 4)),
      /ContractAuthenticationRes: FAILED/,
    ],
  ])("%s", (_, said, wrong) => expect(wrongOf(said).join("\n")).toMatch(wrong));

  it.each<[string, Said[], string]>([
    ["in the middle", good.slice(0, at("CurrentDemandRes") + 1), "the recording ends in loop"],
    ["without an answer", good.slice(0, at("PreChargeRes")), "PreChargeReq was not answered"],
    [
      "by a refusal",
      record(dinBench({ authorization: "rejected" }), "din", din.slice(0, 4)),
      "refused: ContractAuthenticationRes FAILED",
    ],
  ])("it ends %s", (_, said, end) => expect(timelinesOf(said)).toMatchObject([{ end }]));

  it("nothing, and things that are no messages of a session", () => {
    expect(timelinesOf([])).toEqual([]);
    const handshake = {
      stream: "",
      tMs: Number.NaN,
      set: "sap",
      root: "supportedAppProtocolReq",
      value: { AppProtocol: [] },
    };
    expect(timelinesOf([handshake])).toMatchObject([{ protocol: "none agreed on" }]);
  });
});

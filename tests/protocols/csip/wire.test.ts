/** What is read from a server and written to it: names, numbers with powers of ten, foreign prefixes, messages without sense. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { capabilityBody, scaled, settingsBody, statusBody } from "../../../src/protocols/csip/bodies.ts";
import { isPin, lfdiOf, sfdiOf } from "../../../src/protocols/csip/identity.ts";
import { mridOf, readingBody, readingInterval, usagePointBody } from "../../../src/protocols/csip/readings.ts";
import { readControl, readDefaultControl, readEndDevice } from "../../../src/protocols/csip/resources.ts";
import { messageMaxChars, readXml, writeXml } from "../../../src/protocols/csip/xml.ts";
import { certificate } from "../iso15118/contracts/pki.ts";

const controlOf = (base: string, more = "") =>
  readControl(
    readXml(`<DERControl xmlns="urn:ieee:std:2030.5:ns" xmlns:x="https://csipaus.org/ns/v1.3" replyTo="/rsp" responseRequired="03">
      <mRID>ab12</mRID><creationTime>5</creationTime>
      <EventStatus><currentStatus>0</currentStatus><dateTime>5</dateTime></EventStatus>
      <interval><duration>300</duration><start>1000</start></interval>${more}
      <DERControlBase>${base}</DERControlBase></DERControl>`).root,
  );
const watts = (element: string, value: string, multiplier?: string) =>
  `<x:${element}>${multiplier === undefined ? "" : `<x:multiplier>${multiplier}</x:multiplier>`}<x:value>${value}</x:value></x:${element}>`;

describe("names", () => {
  test("the long one is the certificate's hash, the short one has a check digit", () => {
    const { pem } = certificate({ name: "device" });
    const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
    expect(lfdiOf(pem)).toBe(createHash("sha256").update(der).digest("hex").slice(0, 40).toUpperCase());
    // Worked example of the standard as it is quoted by implementations.
    expect(sfdiOf("3E4F45AB31EDFE5B67E343E5E4562E31984E23E5")).toBe("167261211391");
  });
  test.each([
    ["111115", true],
    ["123455", true],
    ["111111", false],
    ["", false],
  ] as const)("pin %s: %s", (pin, ok) => {
    expect(isPin(pin)).toBe(ok);
  });
});

describe("controls", () => {
  test.each([
    ["plain", watts("opModExpLimW", "5000", "0"), { expLimW: 5_000 }, ""],
    ["without a power of ten", watts("opModExpLimW", "5000"), { expLimW: 5_000 }, ""],
    ["with a negative one", watts("opModExpLimW", "12345", "-1"), { expLimW: 1_234.5 }, ""],
    ["with a large one", watts("opModImpLimW", "3", "4"), { impLimW: 30_000 }, ""],
    ["beyond all powers", watts("opModExpLimW", "1", "12"), {}, "invalid"],
    ["below zero", watts("opModExpLimW", "-1", "0"), {}, "invalid"],
    ["a target below zero", watts("opModStorageTargetW", "-700", "0"), { storageTargetW: -700 }, ""],
    ["a flag as a digit", "<opModEnergize>0</opModEnergize>", { energize: 0 }, ""],
    ["a flag as a word", "<opModConnect>true</opModConnect>", { connect: 1 }, ""],
    ["a share", "<opModFixedW>-5000</opModFixedW>", { fixedPct: -50 }, ""],
    ["nothing that is known", "<opModTariff>1</opModTariff>", {}, "not-applicable"],
  ] as const)("%s", (_, base, values, fault) => {
    expect(controlOf(base)).toMatchObject({ mrid: "AB12", startS: 1_000, durationS: 300, values, fault });
  });
  test("ramp and chance", () => {
    const read = controlOf(
      `${watts("opModExpLimW", "1")}<rampTms>1500</rampTms>`,
      "<randomizeStart>60</randomizeStart>",
    );
    expect(read).toMatchObject({ rampS: 15, randomizeStartS: 60, randomizeDurationS: 0 });
    expect(controlOf("", "<randomizeStart>99999</randomizeStart>").randomizeStartS).toBe(0);
  });
  test("default control", () => {
    const { root } = readXml("<DefaultDERControl><setGradW>27</setGradW><DERControlBase/></DefaultDERControl>");
    expect(readDefaultControl(root)).toEqual({ values: {}, gradient: 27 });
  });
  test("an end device with prefixes", () => {
    const { root } = readXml(
      '<n:EndDevice xmlns:n="urn:ieee:std:2030.5:ns" href="/edev/1"><n:lFDI>ab</n:lFDI><n:sFDI>7</n:sFDI><n:DERListLink href="/d" all="1"/></n:EndDevice>',
    );
    expect(readEndDevice(root)).toMatchObject({ href: "/edev/1", lfdi: "AB", sfdi: "7", dersHref: "/d" });
  });
});

test.each([
  ["half a message", "<Time><currentTime>12"],
  ["a document type", '<!DOCTYPE a [<!ENTITY b "c">]><Time/>'],
  ["no XML", "502 Bad Gateway"],
  ["too long", `<Time>${" ".repeat(messageMaxChars)}</Time>`],
  ["nothing", ""],
])("%s is refused with a sentence", (_, text) => {
  expect(() => readXml(text)).toThrow(/^The message/);
});

test.each([
  [5_000, 0, 5_000],
  [32_768, 1, 3_277],
  [250_000, 1, 25_000],
  [1_000_000, 2, 10_000],
  [-60_000, 1, -6_000],
])("%d W is told within 16 bits", (value, multiplier, whole) => {
  expect(scaled(value)).toEqual([
    ["multiplier", multiplier],
    ["value", whole],
  ]);
});

test("what is told of the device, in the schema's order", () => {
  const figures = {
    type: 82,
    maxChargeW: 11_000,
    maxDischargeW: 11_000,
    maxVA: 11_000,
    maxVar: 0,
    maxWh: Number.NaN,
    minWh: Number.NaN,
  };
  const names = (xml: string) => Object.keys(readXml(xml).root).filter((name) => !name.startsWith("@"));
  const aus = "https://csipaus.org/ns/v1.3";
  const capability = writeXml(capabilityBody(figures, aus), aus);
  expect(names(capability)).toEqual([
    ...["modesSupported", "rtgMaxChargeRateW", "rtgMaxDischargeRateW", "rtgMaxVA", "rtgMaxW", "type"],
    ...["doeModesSupported", "vppModesSupported"],
  ]);
  const all = { ...figures, maxVar: 4_840, maxWh: 120_000, minWh: 24_000 };
  const rated = readXml(writeXml(capabilityBody(all, aus), aus)).root;
  expect(Object.keys(rated).slice(3, 10)).toEqual([
    ...["rtgMaxVA", "rtgMaxVar", "rtgMaxVarNeg", "rtgMaxW", "rtgMaxWh", "rtgMinPFOverExcited", "rtgMinPFUnderExcited"],
  ]);
  expect(rated).toMatchObject({
    rtgMaxVarNeg: { multiplier: "0", value: "-4840" },
    rtgMaxWh: { multiplier: "1", value: "12000" },
    // At 11 kVA with 4.84 kvar.
    rtgMinPFOverExcited: { displacement: "8980", multiplier: "-4" },
  });
  const set = readXml(writeXml(settingsBody(all, 0, 1, aus), aus)).root;
  expect(set).toMatchObject({ setMinWh: { multiplier: "0", value: "24000" } });
  expect(readXml(capability).root).toMatchObject({ modesSupported: "0050008F", doeModesSupported: "0F", type: "82" });
  expect(names(writeXml(capabilityBody(figures, "")))).not.toContain("doeModesSupported");
  const older = "https://csipaus.org/ns";
  expect(names(writeXml(capabilityBody(figures, older), older))).not.toContain("vppModesSupported");
  const state = { connected: true, available: true, operating: false, faulted: false, operationalMode: 2 };
  const status = writeXml(statusBody({ ...state, socPct: 55.5, storageMode: 2, alarmBits: 0 }, 7));
  expect(readXml(status).root).toMatchObject({
    genConnectStatus: { dateTime: "7", value: "03" },
    stateOfChargeStatus: { value: "5550" },
  });
});

const namer = { lfdi: "F0", pen: 41_234 };
test("names end with the private enterprise number, in decimal digits", () => {
  expect(mridOf(namer, "derW")).toMatch(/^[0-9A-F]{24}00041234$/);
  expect(mridOf(namer, "derW")).not.toBe(mridOf(namer, "derVar"));
});

test.each([
  ["a rate of a minute: on the minute", 61, 60, 60, 120],
  ["just on it", 120, 60, 120, 180],
  ["of five minutes", 410, 300, 360, 600],
  ["of two seconds: no minute to wait for", 61, 2, 61, 62],
])("an interval of readings, %s", (_, serverS, rateS, toS, nextS) =>
  expect(readingInterval(serverS, rateS)).toEqual({ toS, nextS }),
);

test("stored energy is a sample of a moment, power a mean over its interval", () => {
  const point = JSON.stringify(usagePointBody(namer, "der", ["derW", "derWh"]));
  expect(point).toMatch(
    /DER active power.*"dataQualifier",2\],.*"kind",37.*DER stored energy.*"dataQualifier",0\],.*"kind",12/,
  );
  expect(JSON.stringify(readingBody(namer, "derW", 5, 100, 160))).toContain('["duration",60],["start",100]');
  expect(JSON.stringify(readingBody(namer, "derWh", 5, 100, 160))).toContain('["duration",0],["start",160]');
});

import { describe, expect, test } from "vitest";
import { describe as lines, payloadsIn, pointAt, readAs } from "../../../src/protocols/iso15118/explain.ts";
import { unitOf } from "../../../src/protocols/iso15118/field-units.ts";
import { readV2gtpHeader, writeV2gtpHeader } from "../../../src/protocols/iso15118/v2gtp.ts";
import { bytesOf, hexOf, readVectors } from "../exi/support/vectors.ts";

const setup = "80980011d00000";
const frame = `01fe800100000007${setup}`;

describe("payloads in bytes", () => {
  test.each([
    ["bare EXI", setup, [[0, undefined]]],
    ["a frame", frame, [[8, 0x8001]]],
    [
      "two frames one behind the other",
      frame + frame,
      [
        [8, 0x8001],
        [23, 0x8001],
      ],
    ],
    [
      "frames somewhere in a capture",
      `d4c3b2a1${frame}ffff01fe${frame}00`,
      [
        [12, 0x8001],
        [31, 0x8001],
      ],
    ],
    ["a frame that promises more than there is", "01fe80010000ffff80", [[0, undefined]]],
    ["another version", frame.replace("01fe", "02fd"), [[0, undefined]]],
    ["no complement", frame.replace("01fe", "01ff"), [[0, undefined]]],
    ["nothing", "", [[0, undefined]]],
  ] as const)("%s", (_, hex, expected) => {
    expect(payloadsIn(bytesOf(hex)).map(({ offset, code }) => [offset, code])).toEqual(expected);
  });

  test("a header is read as it was written", () => {
    const target = new Uint8Array(9);
    writeV2gtpHeader(target, 1, { payloadType: 0x8004, payloadBytes: 65 });
    expect(hexOf(target)).toBe("0001fe800400000041");
    expect(readV2gtpHeader(target, 1)).toEqual({ payloadType: 0x8004, payloadBytes: 65 });
    expect(readV2gtpHeader(target, 2)).toBeUndefined();
  });
});

describe("reading without knowing the protocol", () => {
  test("finds the set of every timing message, or one that reads it as well", () => {
    for (const { exi, schemaSet } of readVectors("bench.jsonl")) {
      const reading = readAs(bytesOf(exi));
      expect(reading.ok && [reading.set, ...reading.also]).toContain(schemaSet);
    }
  });

  test("reports the grammar that understood most", () => {
    expect(readAs(bytesOf("80980011d0ff00"))).toMatchObject({
      ok: false,
      set: "iso2",
      error: { code: "length", bit: 38 },
    });
  });

  test("keeps to the sets that it was given", () => {
    expect(readAs(bytesOf(setup), ["din"])).toMatchObject({ ok: false, set: "din" });
  });
});

describe("fields for people", () => {
  test.each([
    ["power with its unit", { Exponent: 3, Value: 11 }, "EVMaximumChargePower", "EVMaximumChargePower  11000 W"],
    ["reactive power", { Exponent: 0, Value: -5 }, "EVPresentReactivePower_L2", "EVPresentReactivePower_L2  -5 var"],
    ["a rational without a known unit", { Exponent: -1, Value: 5 }, "TaxRate", "TaxRate  0.5"],
    ["a physical value of -2", { Multiplier: 1, Unit: "W", Value: 6_000 }, "PMax", "PMax  60000 W"],
    ["a physical value of DIN without unit", { Multiplier: 0, Value: 400 }, "EVTargetVoltage", "EVTargetVoltage  400"],
    ["an instant", 1_700_000_000, "TimeStamp", "TimeStamp  1700000000 s, 2023-11-14T22:13:20.000Z"],
    ["a percentage", 55, "PresentSOC", "PresentSOC  55 %"],
    ["an energy beyond 53 bits", 2n ** 60n, "ChargedEnergyReadingWh", "ChargedEnergyReadingWh  1152921504606846976 Wh"],
    ["octets", new Uint8Array([1, 255]), "SessionID", "SessionID  01FF"],
    ["no octets", new Uint8Array(0), "SessionID", "SessionID  (empty)"],
    ["a certificate", new Uint8Array(800), "Certificate", `Certificate  ${"00".repeat(32)}… (800 bytes)`],
    ["a word", "OK", "ResponseCode", "ResponseCode  OK"],
  ] as const)("%s", (_, value, name, line) => expect(lines(value, name)).toEqual([line]));

  test("lists are numbered, long ones cut", () => {
    expect(lines([1, 2], "ServiceID")).toEqual(["ServiceID[0]  1", "ServiceID[1]  2"]);
    expect(lines(Array(70).fill(0), "n").at(-1)).toBe("… 6 more n");
  });

  test.each([
    ["EVSECurrentRegulationTolerance", "A"],
    ["EVTargetEnergyRequest", "Wh"],
    ["BPT_InductiveEnergyReadingVARh", "varh"],
    ["RemainingTimeToTargetSOC", "s"],
    ["Amount", undefined],
  ])("%s is in %s", (field, unit) => {
    expect(unitOf(field)).toBe(unit);
  });
});

describe("the wrong byte", () => {
  test.each([
    [
      "in the line",
      "80980011d0ff00",
      38,
      ["0000  80 98 00 11 d0 ff 00", "                  ^^ byte 4, bit 6 of 11010000"],
    ],
    ["behind the end", "8098", 16, ["0000  80 98", "            ^^ the message ends here"]],
    [
      "in the second line",
      "00".repeat(20),
      17 * 8 + 1,
      ["0010  00 00 00 00", "         ^^ byte 17, bit 1 of 00000000"],
    ],
    ["of nothing", "", 0, ["0000  ", "      ^^ the message ends here"]],
  ] as const)("%s", (_, hex, bit, expected) => expect(pointAt(bytesOf(hex), bit)).toEqual(expected));
});

import { describe, expect, test } from "vitest";
import { codecOf } from "../../../src/protocols/exi/codec.ts";
import {
  abstract,
  attribute,
  choice,
  group,
  namespace,
  optional,
  repeat,
  run,
  schemaSet,
} from "../../../src/protocols/exi/dsl.ts";
import { enumeration, restrict, xs } from "../../../src/protocols/exi/simple-types.ts";
import { fromXml, toXml } from "../../../src/protocols/exi/xml.ts";
import { hexOf } from "./support/vectors.ts";

const { sequence, text, elements, fields } = namespace("urn:example:Ramp", { prefix: "ramp", attributes: "qualified" });
const other = namespace("urn:example:Other", { prefix: "other" });

const common = other.fields({ Serial: restrict(xs.unsignedInt, { minInclusive: 1, maxInclusive: 9 }) });
const Step = sequence({ Duration: xs.unsignedInt, Power: optional(xs.short) });
const Fast = sequence({});
const Slow = sequence({ Factor: xs.byte });
const Note = text(xs.string, { Id: attribute(xs.ID), Lang: optional(attribute(enumeration("de", "en"))) });

const RampReq = sequence({
  ...common,
  Id: optional(attribute(xs.ID)),
  Step: repeat(Step, 2, 3),
  Pace: group({ Pace: abstract, Slow, Fast }),
  Reason: optional(choice({ Text: restrict(xs.string, { maxLength: 5 }), Code: xs.unsignedByte })),
  Note: repeat(Note, 0, 2),
});
const set = schemaSet("ramp", elements({ RampReq }));
const codec = codecOf(set);

describe("a schema of one's own", () => {
  const message = {
    Serial: 3,
    Id: "a",
    Step: [{ Duration: 10 }, { Duration: 300, Power: -200 }],
    Slow: { Factor: 4 },
    Text: "soon",
    Note: [{ Id: "n", Lang: "en", value: "x" } as const],
  };

  test("codes its messages", () => {
    const bytes = codec.encode("RampReq", message);
    expect(codec.decode(bytes)).toEqual({ root: "RampReq", value: message });
    expect(codec.counts.interpreted).toBe(0);
  });

  test("gives every field the namespace in which it was declared", () => {
    const xml = toXml(set, { root: "RampReq", value: message });
    expect(xml).toBe(
      '<ramp:RampReq xmlns:ramp="urn:example:Ramp" xmlns:other="urn:example:Other" ramp:Id="a"><other:Serial>3</other:Serial><ramp:Step><ramp:Duration>10</ramp:Duration></ramp:Step><ramp:Step><ramp:Duration>300</ramp:Duration><ramp:Power>-200</ramp:Power></ramp:Step><ramp:Slow><ramp:Factor>4</ramp:Factor></ramp:Slow><ramp:Text>soon</ramp:Text><ramp:Note ramp:Id="n" ramp:Lang="en">x</ramp:Note></ramp:RampReq>',
    );
    expect(fromXml(set, xml)).toEqual({ root: "RampReq", value: message });
  });

  test("a full list leaves one bit for what follows", () => {
    const [first] = message.Step;
    const full = { Serial: 1, Step: [first!, first!, first!], Fast: {} };
    // Header, root 0 | 01 Serial, text, 1 - 1 in 4 bits, end | three steps, of which the second is still required:
    // 0, duration, 01 end | 0, duration, 01 end | 000, duration, 01 end | 00 Fast of the group alone, end | 011 end.
    expect(hexOf(codec.encode("RampReq", full))).toBe("802000a20288028860");
    expect(codec.decode(codec.encode("RampReq", full)).value).toEqual(full);
  });

  test("what cannot be meant is refused when the schema is written", () => {
    expect(() => schemaSet("x", { RampReq } as never)).toThrow(/declare it with elements/);
    expect(() => sequence({ a: repeat(run({ P: xs.byte, Q: xs.byte }), 0, 5) })).toThrow(/cannot be repeated/);
    expect(() => sequence({ a: choice({ b: optional(xs.byte) as never }) })).toThrow(/optional cannot stand here/);
    expect(Object.keys(fields({ A: xs.byte }))).toEqual(["A"]);
  });
});

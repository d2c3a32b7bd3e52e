import { describe, expect, test } from "vitest";
import { bitWidth } from "../../../src/protocols/exi/bits.ts";
import { documentGrammar, firstState, fragmentGrammar, productions } from "../../../src/protocols/exi/grammar.ts";
import type { ComplexType } from "../../../src/protocols/exi/schema.ts";
import type { SchemaSetName } from "../../../src/protocols/iso15118/messages/index.ts";
import { setOf } from "./support/vectors.ts";

describe("documents: all globals of a set, by name, and one code for any other", () => {
  test.each([
    ["sap", 2, 2, "supportedAppProtocolRes", 1],
    ["din", 81, 7, "V2G_Message", 77],
    ["iso2", 80, 7, "V2G_Message", 76],
    ["iso20-common", 54, 6, "SessionSetupReq", 35],
    ["iso20-ac", 42, 6, "AC_ChargeLoopReq", 2],
    ["iso20-dc", 48, 6, "DC_ChargeLoopReq", 13],
    ["iso20-acdp", 34, 6, "ACDP_ConnectReq", 0],
    ["iso20-wpt", 38, 6, "WPT_AlignmentCheckReq", 25],
    ["xmldsig", 24, 5, "SignedInfo", 20],
  ] as const)("%s has %i, in %i bits, %s is %i", (name, count, width, root, code) => {
    const grammar = documentGrammar(setOf(name));
    expect(grammar.roots.length).toBe(count);
    expect(grammar.width).toBe(width);
    expect(grammar.roots.findIndex((option) => option.name === root)).toBe(code);
  });
});

describe("fragments: all names of a set, local ones too", () => {
  test.each([
    ["sap", 9, 4],
    ["din", 245, 8],
    ["iso2", 243, 8],
    ["iso20-common", 281, 9],
    ["iso20-ac", 154, 8],
    ["iso20-dc", 149, 8],
    ["iso20-acdp", 129, 8],
    ["iso20-wpt", 193, 8],
    ["xmldsig", 45, 6],
  ] as const)("%s has %i, in %i bits", (name, count, width) => {
    const grammar = fragmentGrammar(setOf(name));
    expect(grammar.elements.length).toBe(count);
    expect(grammar.width).toBe(width);
    expect(grammar.end).toBe(count + 1);
  });

  test.each([
    ["iso2", 208],
    ["iso20-common", 230],
    ["xmldsig", 32],
  ] as const)("SignedInfo of %s is %i", (name, code) => {
    expect(fragmentGrammar(setOf(name)).elements.findIndex((one) => one.name === "SignedInfo")).toBe(code);
  });

  test("only eMAID of ISO 15118-2 has several types under one name", () => {
    const names = ["sap", "din", "iso2", "iso20-common", "iso20-ac", "iso20-dc", "iso20-acdp", "iso20-wpt", "xmldsig"];
    const relaxed = names.flatMap((name) =>
      fragmentGrammar(setOf(name as SchemaSetName)).elements.filter(({ type }) => type === "relaxed"),
    );
    expect(relaxed.map(({ name }) => name)).toEqual(["eMAID"]);
  });
});

describe("inside an element", () => {
  const typeOf = (set: SchemaSetName, root: string): ComplexType =>
    documentGrammar(setOf(set)).roots.find((option) => option.name === root)!.type as ComplexType;
  const bodyOf = (set: SchemaSetName): ComplexType =>
    typeOf(set, "V2G_Message").slots.find(({ key }) => key === "Body")!.options[0]!.type as ComplexType;
  const names = (type: ComplexType): string[] =>
    productions(type, firstState(type)).map((production) =>
      production.event === "element"
        ? production.option.name
        : production.event === "attribute"
          ? `@${production.attribute.name}`
          : production.event,
    );

  test.each([
    ["AuthorizationReq", 0],
    ["BodyElement", 2],
    ["CurrentDemandReq", 13],
    ["SessionSetupReq", 29],
    ["end", 35],
  ])("of the body of ISO 15118-2, %s has code %i: the group expands by name, its head included", (name, code) => {
    expect(names(bodyOf("iso2")).indexOf(name)).toBe(code);
  });

  test("in DIN the head comes first", () => expect(names(bodyOf("din"))[0]).toBe("BodyElement"));

  test.each([
    ["attributes come first and by name", "Reference", ["@Id", "@Type", "@URI", "Transforms", "DigestMethod"]],
    ["a required attribute stands alone", "CanonicalizationMethod", ["@Algorithm"]],
    ["text behind an optional attribute is coded apart", "SignatureValue", ["@Id", "end"]],
    ["an optional run leads to what follows it", "DSAKeyValue", ["P", "G", "Y"]],
    [
      "mixed content: any element, then text, and no end before a required one",
      "KeyValue",
      ["DSAKeyValue", "RSAKeyValue", "any", "text"],
    ],
  ] as const)("%s", (_, root, expected) => {
    expect(names(typeOf("xmldsig", root))).toEqual(expected);
  });

  test("mixed content behind its attribute: any element, the end, text", () => {
    const type = typeOf("xmldsig", "CanonicalizationMethod");
    const [algorithm] = productions(type, firstState(type));
    expect(algorithm?.event).toBe("attribute");
    const behind = productions(type, (algorithm as { next: ReturnType<typeof firstState> }).next);
    expect(behind.map(({ event }) => event)).toEqual(["element", "end", "text"]);
  });
});

test.each([
  [1, 0],
  [2, 1],
  [3, 2],
  [4, 2],
  [5, 3],
  [64, 6],
  [65, 7],
  [4096, 12],
])("%i values take %i bits", (values, width) => expect(bitWidth(values)).toBe(width));

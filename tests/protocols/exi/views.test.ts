import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ExiError } from "../../../src/protocols/exi/errors.ts";
import { documentGrammar } from "../../../src/protocols/exi/grammar.ts";
import { fromJson, type Json, toJson } from "../../../src/protocols/exi/json.ts";
import type { SchemaType } from "../../../src/protocols/exi/schema.ts";
import { fragmentFromXml, fromXml, toXml } from "../../../src/protocols/exi/xml.ts";
import { parseXml } from "../../../src/protocols/exi/xml-parse.ts";
import { arbitraryOf } from "./support/arbitrary.ts";
import { anyCodecOf, bytesOf, comparable, hexOf, readVectors, setOf } from "./support/vectors.ts";

const refusalOf = (call: () => unknown): unknown => {
  try {
    return call();
  } catch (error) {
    if (error instanceof ExiError) return { code: error.code, message: error.message };
    throw error;
  }
};

describe("JSON", () => {
  test("of every golden message, as text, is the same message", () => {
    for (const { schemaSet, exi, id } of readVectors("public.jsonl.gz")) {
      const codec = anyCodecOf(schemaSet);
      const json = JSON.stringify(toJson(setOf(schemaSet), codec.decode(bytesOf(exi))));
      const { root, value } = fromJson(setOf(schemaSet), JSON.parse(json) as Json);
      expect(hexOf(codec.encode(root, value)), id).toBe(exi);
    }
  });

  test("keeps integers beyond 53 bits as digits and octets as the schema writes them", () => {
    const value = { Header: { SessionID: bytesOf("00ff"), TimeStamp: 2n ** 63n }, EVCCID: "x" };
    const json = { SessionSetupReq: { Header: { SessionID: "00FF", TimeStamp: "9223372036854775808" }, EVCCID: "x" } };
    expect(toJson(setOf("iso20-common"), { root: "SessionSetupReq", value })).toEqual(json);
    expect(comparable(fromJson(setOf("iso20-common"), json).value)).toEqual(comparable(value));
  });

  test("random keys of xmldsig, with their repeated choices and runs", () => {
    const set = setOf("xmldsig");
    const type = documentGrammar(set).roots.find(({ name }) => name === "KeyInfo")!.type as SchemaType;
    fc.assert(
      fc.property(arbitraryOf(type), (value) => {
        const json = JSON.parse(JSON.stringify(toJson(set, { root: "KeyInfo", value }))) as Json;
        expect(comparable(fromJson(set, json).value)).toEqual(comparable(value));
      }),
    );
  });

  const header = { SessionID: "00", TimeStamp: 1 };
  test.each([
    ["no object", 5, "json", /only key/],
    ["two messages", { SessionSetupReq: {}, SessionSetupRes: {} }, "json", /only key/],
    ["an unknown message", { SessionSetup: {} }, "root", /SessionSetup is no root/],
    [
      "a misspelt field",
      { SessionSetupReq: { Header: header, EVCCId: "x" } },
      "unknown-field",
      /EVCCId is none of Header, EVCCID/,
    ],
    [
      "text for a number",
      { SessionSetupReq: { Header: { ...header, TimeStamp: "soon" } } },
      "type",
      /Header\/TimeStamp/,
    ],
    ["half a number", { SessionSetupReq: { Header: { ...header, TimeStamp: 1.5 } } }, "json", /whole number/],
    ["an odd digit", { SessionSetupReq: { Header: { ...header, SessionID: "0" } } }, "type", /pairs of hexadecimal/],
    ["null", { SessionSetupReq: { Header: null } }, "json", /not an object/],
  ] as const)("refuses %s", (_, json, code, message) => {
    const refusal = refusalOf(() => fromJson(setOf("iso20-common"), json as unknown as Json));
    expect(refusal).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

const ns = "urn:iso:15118:2:2010:AppProtocol";
const response = (inner: string): string =>
  `<a:supportedAppProtocolRes xmlns:a="${ns}">${inner}</a:supportedAppProtocolRes>`;
const ok = "<ResponseCode>OK_SuccessfulNegotiation</ResponseCode>";

describe("XML", () => {
  test.each([
    ["as it comes", response(`${ok}<SchemaID>1</SchemaID>`)],
    [
      "with a declaration, comments, white space and a default namespace",
      `<?xml version="1.0"?>\n<!-- x -->\n<supportedAppProtocolRes xmlns="${ns}"> <ResponseCode xmlns="">OK_SuccessfulNegotiation</ResponseCode>\n<SchemaID xmlns=""> 1 </SchemaID><!----> </supportedAppProtocolRes>\n`,
    ],
    [
      "with references and CDATA",
      response("<ResponseCode>OK_&#x53;uccessful<![CDATA[Negotiation]]></ResponseCode><SchemaID>&#49;</SchemaID>"),
    ],
    [
      "with a hint where its schema is",
      response(`${ok}<SchemaID>+01</SchemaID>`).replace(
        ">",
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b">',
      ),
    ],
  ])("is read %s", (_, xml) => {
    expect(fromXml(setOf("sap"), xml)).toEqual({
      root: "supportedAppProtocolRes",
      value: { ResponseCode: "OK_SuccessfulNegotiation", SchemaID: 1 },
    });
  });

  test("is written for people with an indentation", () => {
    const message = { root: "supportedAppProtocolRes", value: { ResponseCode: "OK_SuccessfulNegotiation" } };
    expect(toXml(setOf("sap"), message, 2)).toBe(
      `<sap:supportedAppProtocolRes xmlns:sap="${ns}">\n  <ResponseCode>OK_SuccessfulNegotiation</ResponseCode>\n</sap:supportedAppProtocolRes>`,
    );
  });

  test.each([
    ["nothing", "", "xml", /expected an element/],
    ["a tag that is not closed", response(ok).slice(0, -3), "xml", /line 1, column/],
    ["crossed tags", response("<ResponseCode></SchemaID></ResponseCode>"), "xml", /expected <\/ResponseCode>/],
    ["a DOCTYPE", `<!DOCTYPE a [<!ENTITY x "y">]>${response(ok)}`, "xml", /DOCTYPE/],
    ["an entity of its own", response("<ResponseCode>&x;</ResponseCode>"), "xml", /&x; is no character/],
    ["a reference to no character", response("<ResponseCode>&#0;</ResponseCode>"), "xml", /no character/],
    ["a prefix that nobody declared", "<b:supportedAppProtocolRes/>", "xml", /prefix b/],
    ["a second root", `${response(ok)}<a/>`, "xml", /behind the root/],
    ["elements without end", "<a>".repeat(100), "xml", /nested/],
    ["another namespace", response(ok).replaceAll(ns, "urn:x"), "root", /no root element of sap/],
    [
      "a qualified element that should not be",
      response(ok.replaceAll("ResponseCode", "a:ResponseCode")),
      "unknown-field",
      /ResponseCode> cannot stand here/,
    ],
    ["elements in another order", response(`<SchemaID>1</SchemaID>${ok}`), "unknown-field", /expected <ResponseCode>/],
    ["a missing element", response(""), "missing", /expected <ResponseCode>/],
    ["text between elements", response(`${ok} text`), "mixed-text", /text between/],
    ["an attribute that nobody declared", response(ok).replace(">", ' x="1">'), "unknown-field", /attribute x/],
    [
      "a type by xsi:type",
      response(ok).replace(">", ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="x">'),
      "unknown-field",
      /type is not declared/,
    ],
    ["a word of no list", response("<ResponseCode>Maybe</ResponseCode>"), "enumeration", /Maybe/],
    ["a number that is none", response(`${ok}<SchemaID>1e1</SchemaID>`), "type", /whole number/],
  ])("refuses %s", (_, xml, code, message) => {
    expect(refusalOf(() => fromXml(setOf("sap"), xml))).toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test("refuses a fragment that the set does not have", () => {
    expect(refusalOf(() => fragmentFromXml(setOf("sap"), "<x/>"))).toMatchObject({ code: "root" });
  });

  test("any text is an element or refused by name", () => {
    const pieces = fc.constantFrom(
      "<",
      ">",
      "/",
      "a",
      ":",
      "=",
      '"',
      "'",
      "&",
      ";",
      "#",
      "x",
      "1",
      " ",
      "\n",
      "<![CDATA[",
      "]]>",
      "<!--",
      "-->",
      "<?",
      "?>",
      "xmlns",
      "</a>",
      "<a>",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const result = refusalOf(() => parseXml(parts.join("")));
        expect(result).toBeTypeOf("object");
      }),
      { numRuns: 2_000 },
    );
  });
});

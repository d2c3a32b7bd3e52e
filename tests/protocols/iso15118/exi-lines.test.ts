import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { answerLines } from "../../../src/cli/exi.ts";
import { answerLine, lineCharactersMax } from "../../../src/protocols/iso15118/exi-lines.ts";
import { readVectors } from "../exi/support/vectors.ts";

const ask = (request: unknown): unknown =>
  JSON.parse(answerLine(typeof request === "string" ? request : JSON.stringify(request)));

describe("a line of JSON for each message", () => {
  test("encodes and decodes every golden message and fragment", () => {
    for (const file of ["public.jsonl.gz", "fragments.jsonl.gz"]) {
      for (const { id, schemaSet, fragment = false, xml, exi } of readVectors(file)) {
        expect(ask({ id, op: "encode", schemaSet, fragment, xml })).toEqual({ id, exi });
        const { xml: back } = ask({ id, op: "decode", schemaSet, fragment, exi }) as { xml: string };
        expect(ask({ id, op: "encode", schemaSet, fragment, xml: back })).toEqual({ id, exi });
      }
    }
  });

  test("takes and gives every golden fragment as JSON", () => {
    for (const { id, schemaSet, fragment = false, exi } of readVectors("fragments.jsonl.gz")) {
      const given = ask({ id, op: "decode", schemaSet, fragment, exi, view: "json" }) as Record<string, unknown>;
      expect(Object.keys(given)).toEqual(["id", "json", "namespace"]);
      const { json, namespace } = given;
      expect(ask({ id, op: "encode", schemaSet, fragment, json, namespace })).toEqual({ id, exi });
    }
  });

  test("a fragment in JSON needs no namespace where one alone has the name", () => {
    const json = { DigestValue: "q83v" };
    const { exi } = ask({ id: 1, op: "encode", schemaSet: "xmldsig", fragment: true, json }) as { exi: string };
    expect(ask({ id: 1, op: "decode", schemaSet: "xmldsig", fragment: true, exi, view: "json" })).toEqual({
      id: 1,
      json,
      namespace: "http://www.w3.org/2000/09/xmldsig#",
    });
  });

  test("an answer is one line for every reader of lines", () => {
    const text = "a\u2028b\u2029c\u0085d";
    const json = {
      supportedAppProtocolReq: {
        AppProtocol: [
          { ProtocolNamespace: text, VersionNumberMajor: 1, VersionNumberMinor: 0, SchemaID: 1, Priority: 1 },
        ],
      },
    };
    const { exi } = ask({ id: 1, op: "encode", schemaSet: "sap", json }) as { exi: string };
    for (const view of ["json", "xml"]) {
      const line = answerLine(JSON.stringify({ id: 1, op: "decode", schemaSet: "sap", exi, view }));
      expect(line).not.toMatch(/[\u0085\u2028\u2029]/);
      expect(JSON.stringify(JSON.parse(line))).toContain(text);
    }
  });

  test("takes JSON in place of XML", () => {
    const json = { supportedAppProtocolRes: { ResponseCode: "OK_SuccessfulNegotiation", SchemaID: 1 } };
    expect(ask({ id: 1, op: "encode", schemaSet: "sap", json })).toEqual({ id: 1, exi: "80400040" });
    expect(ask({ id: 2, op: "decode", schemaSet: "sap", exi: "80400040", view: "json" })).toEqual({ id: 2, json });
  });

  test.each([
    ["no JSON", "{", null, "json"],
    ["a list", [1], null, "request"],
    ["no operation", { id: 1, schemaSet: "sap" }, 1, "request"],
    ["no schema set", { id: "a", op: "decode", exi: "80" }, "a", "request"],
    [
      "the name of an object's method as schema set",
      { id: 1, op: "decode", schemaSet: "toString", exi: "80" },
      1,
      "request",
    ],
    ["an odd digit", { id: 1, op: "decode", schemaSet: "sap", exi: "8" }, 1, "request"],
    ["fragment as a word", { id: 1, op: "decode", schemaSet: "sap", exi: "80", fragment: "yes" }, 1, "request"],
    ["no XML", { id: 1, op: "encode", schemaSet: "sap" }, 1, "request"],
    [
      "a fragment in JSON that the set does not have",
      { id: 1, op: "encode", fragment: true, schemaSet: "sap", json: { a: {} } },
      1,
      "root",
    ],
    [
      "a fragment in JSON that is no object",
      { id: 1, op: "encode", fragment: true, schemaSet: "sap", json: [1] },
      1,
      "json",
    ],
    [
      "a fragment's namespace as a number",
      { id: 1, op: "encode", fragment: true, schemaSet: "sap", json: { a: {} }, namespace: 1 },
      1,
      "request",
    ],
    ["XML that is none", { id: 1, op: "encode", schemaSet: "sap", xml: "<a" }, 1, "xml"],
    ["a stream that is none", { id: 1, op: "decode", schemaSet: "sap", exi: "804c0000" }, 1, "enumeration"],
    [
      "a fragment that the set does not have",
      { id: 1, op: "encode", fragment: true, schemaSet: "sap", xml: "<a/>" },
      1,
      "root",
    ],
  ])("%s is an answer with an error", (_, request, id, code) => {
    expect(ask(request)).toMatchObject({ id, error: { code, message: expect.any(String) } });
  });

  test("an error says where", () => {
    expect(ask({ id: 1, op: "decode", schemaSet: "sap", exi: "804c0000" })).toMatchObject({
      error: { bit: 12, path: "supportedAppProtocolRes/ResponseCode" },
    });
  });
});

describe("a stream of lines", () => {
  const answers = async (...chunks: readonly string[]): Promise<unknown[]> => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const done = answerLines(input, output);
    for (const chunk of chunks) input.write(chunk);
    input.end();
    let text = "";
    output.on("data", (chunk: Buffer) => (text += chunk.toString()));
    await done;
    await new Promise(setImmediate);
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as unknown);
  };
  const request = '{"id":1,"op":"decode","schemaSet":"sap","exi":"80400040","view":"json"}';
  const answer = { id: 1, json: { supportedAppProtocolRes: expect.anything() } };

  test.each([
    ["one line", [`${request}\n`], 1],
    ["without an end", [request], 1],
    ["in pieces", [request.slice(0, 20), request.slice(20), "\n", request], 2],
    ["several in one piece, with empty lines and carriage returns", [`${request}\r\n\n${request}\r\n \n${request}`], 3],
  ] as const)("%s", async (_, chunks, count) => {
    expect(await answers(...chunks)).toEqual(Array(count).fill(answer));
  });

  test("a line beyond the limit is refused once, and the next is answered", async () => {
    const long = "x".repeat(lineCharactersMax / 2 + 1);
    const result = await answers(long, long, long, `\n${request}\n`);
    expect(result).toMatchObject([{ id: null, error: { code: "message-too-large" } }, { id: 1 }]);
  });
});

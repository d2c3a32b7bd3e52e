/** Some spoilt inputs for every reader of foreign bytes; `npm run -s fuzz -- parsers` goes on for as long as it is told. */
import { describe, expect, test } from "vitest";
import { fuzzParser, type Parser } from "./parser-fuzz.ts";
import { parsers } from "./parsers.table.ts";

const once = { runs: 64, seed: 2 };

test.each(parsers)("$name: taken or refused, whatever comes", async (parser) => {
  const { runs, findings } = await fuzzParser(parser, once);
  expect({ runs, findings }).toEqual({ runs: 64, findings: [] });
});

describe("the search itself", () => {
  const of = (read: Parser["read"], refusals: Parser["refusals"] = []): Parser => ({
    name: "planted",
    corpus: () => ['{"power": 12, "name": "bay"}'],
    read,
    refusals,
  });

  test("what is thrown and is no refusal is found, and narrowed down to what matters", async () => {
    const planted = of((bytes) => {
      if (bytes.includes(0x80)) throw new RangeError("an octet above 127");
      return true;
    });
    const { findings } = await fuzzParser(planted, { runs: 2_000, seed: 1 });
    expect(findings).toMatchObject([{ what: "RangeError: an octet above 127", input: "gA==" }]);
  });

  test("a refusal is none, and what takes too long is one", async () => {
    const refusing = of((bytes) => bytes.toString().startsWith("{") || JSON.parse("{"), [SyntaxError]);
    expect((await fuzzParser(refusing, { runs: 300, seed: 1 })).findings).toEqual([]);
    let reads = 0;
    const slow = of(() => {
      if (reads++ !== 5) return true;
      const from = process.threadCpuUsage().user;
      while (process.threadCpuUsage().user - from < 500_000);
      return true;
    });
    const { findings } = await fuzzParser(slow, { runs: 10, seed: 1 });
    expect(findings).toMatchObject([{ what: expect.stringMatching(/^took \d+ ms for \d+ bytes$/) }]);
  });

  test("inputs that reach code that none had reached are kept and spoilt further", async () => {
    const map = parsers.find(({ name }) => name === "device map")!;
    const { kept, findings } = await fuzzParser(map, { runs: 100, seed: 1, guided: true });
    expect(kept).toBeGreaterThan(0);
    expect(findings).toEqual([]);
  });
});

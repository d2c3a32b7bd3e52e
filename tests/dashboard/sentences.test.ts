import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const folder = "src/dashboard/view";
/** A string of several words with a full stop at its end. */
const sentence = /(["`])[^"`]*\w[^"`]* [^"`]*\w[}\w’)]*\.\1/;

test("the page's view holds no sentence: all stand in the tables of words", () => {
  const found = readdirSync(folder).flatMap((file) =>
    readFileSync(`${folder}/${file}`, "utf8")
      .split("\n")
      .flatMap((line, i) =>
        sentence.test(line) && !/^\s*(\/?\*|\/\/)/.test(line) ? [`${file}:${i + 1} ${line.trim()}`] : [],
      ),
  );
  expect(found).toEqual([]);
});

/** What is wrong with a file's text itself is told with its line, whatever the file is for; nothing is thrown. */
import { expect, test } from "vitest";
import { parseAgreements } from "../../src/config/agreements-file.ts";
import { parseGenerationProfile } from "../../src/config/generation-profile-file.ts";
import { parseGridProfile } from "../../src/config/grid-profiles-file.ts";
import { parseSiteConfig } from "../../src/config/parse.ts";

const readers = {
  "site configuration": parseSiteConfig,
  agreements: parseAgreements,
  "grid profile": parseGridProfile,
  "generation profile": parseGenerationProfile,
} as const;

const four = (name: string, of: string): string => `${name}: &${name} [${new Array(4).fill(of).join(", ")}]\n`;
const texts: readonly [string, string, number, RegExp][] = [
  ["a reference to nothing", "name: x\nbase: *other\n", 2, /^\*other stands for what is marked &other, and nothing/],
  ["a part that holds itself", "name: &a\n  - 1\n  - *a\n", 3, /^\*a stands within what is marked &a/],
  [
    "parts of parts of parts",
    `${four("a", "1")}${four("b", "*a")}${four("c", "*b")}${four("d", "*c")}`,
    1,
    /^its references \(\* and &\) come to more than 50 parts$/,
  ],
  [
    "more references than anybody writes",
    `a: &a 1\nb:\n${"  - *a\n".repeat(3_000)}`,
    1,
    /^its references \(\* and &\) come to more than 50 parts$/,
  ],
  ["a key that stands twice", "name: x\nname: y\n", 2, /unique/],
  ["an open bracket", "name: [1, 2\n", 2, /Flow|flow/],
];

test.each(
  Object.entries(readers).flatMap(([reader, read]) =>
    texts.map(([name, text, line, sentence]) => ({ reader, read, name, text, line, sentence })),
  ),
)("$reader: $name is told with its line", ({ read, text, line, sentence }) => {
  const parsed = read(text, "a.yaml");
  expect(parsed.ok).toBe(false);
  if (!parsed.ok) expect(parsed.error[0]).toMatchObject({ line, complaint: expect.stringMatching(sentence) });
});

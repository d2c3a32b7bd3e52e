/**
 * What is wrong with a value that came from outside, in words of our own where a schema has none: a person who wrote a file
 * knows no schema library.
 */
import type { z } from "zod";

const typeNames: Readonly<Record<string, string>> = {
  object: "a group of settings",
  array: "a list",
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

/** How the library's own sentences begin; a schema's own sentence is kept as it is. */
const libraryWords = /^(?:Invalid|Unrecognized|Too small|Too big)\b/;

/** For example "must be text", "must be at most 40 characters long"; the schema's own sentence where it has one. */
export function issueSentence(issue: z.core.$ZodIssue): string {
  if (!libraryWords.test(issue.message)) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return `must be ${typeNames[issue.expected] ?? `a ${issue.expected}`}`;
    case "too_small":
      return `must be at least ${size(issue.origin, issue.minimum)}`;
    case "too_big":
      return `must be at most ${size(issue.origin, issue.maximum)}`;
    case "invalid_value":
      return `must be ${issue.values.length === 1 ? "" : "one of "}${issue.values.map(String).join(", ")}`;
    case "unrecognized_keys":
      return `has ${issue.keys.join(", ")}, which is unknown here`;
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    default:
      return "is not what is allowed here";
  }
}

function size(origin: string, bound: number | bigint): string {
  if (origin === "string") return `${bound} characters long`;
  if (origin === "array" || origin === "set") return `${bound} entries long`;
  return String(bound);
}

/** "permit.id: must be text": the path of what is wrong, or `whole` for the value as a whole, and what is wrong with it. */
export const placedSentence = (issue: z.core.$ZodIssue, whole: string): string =>
  `${issue.path.map(String).join(".") || whole}: ${issueSentence(issue)}`;

/**
 * A setting is stated once: its type, unit, range, default, a sentence for people and where the number comes from. The
 * TypeScript type, the JSON Schema, the help text and the error messages all follow from that one value.
 */
import { z } from "zod";

/** What a person should know about a setting besides its type. `source` names the rule or study behind a default or range. */
export interface About {
  readonly sentence: string;
  readonly unit?: string;
  readonly source?: string;
  /** Written by the installer only; operators and backends may never loosen it. */
  readonly installer?: boolean;
}

interface NumberAbout extends About {
  readonly min: number;
  readonly max: number;
}

const numberSchema = (about: NumberAbout) => {
  const range = `${about.min} to ${about.max}${about.unit ? ` ${about.unit}` : ""}`;
  const complaint = `must be a number from ${range}`;
  return z.number({ error: complaint }).min(about.min, complaint).max(about.max, complaint);
};

/** A number in [min, max]; required. */
export const number = (about: NumberAbout) => numberSchema(about).meta({ ...about });

/** A number in [min, max] with a default. */
export const numberOr = (standard: number, about: NumberAbout) =>
  numberSchema(about)
    .default(standard)
    .meta({ ...about });

/** A whole number in [min, max]; required. */
export const integer = (about: NumberAbout) => {
  const complaint = `must be a whole number from ${about.min} to ${about.max}${about.unit ? ` ${about.unit}` : ""}`;
  return z
    .int({ error: complaint })
    .min(about.min, complaint)
    .max(about.max, complaint)
    .meta({ ...about });
};

/** A whole number within the bounds of `about`, with a standard value where the file is silent. */
export const integerOr = (standard: number, about: NumberAbout) =>
  integer(about)
    .default(standard)
    .meta({ ...about });

interface TextAbout extends About {
  readonly maxLength?: number;
  readonly pattern?: RegExp;
  readonly example?: string;
  /** What the pattern asks for, in words, where the example alone does not tell: "3 to 40 small letters". */
  readonly form?: string;
}

/** Text of a bounded length, perhaps of a form. */
export const text = (about: TextAbout) => {
  const maxLength = about.maxLength ?? 200;
  const complaint = `must be text of 1 to ${maxLength} characters${about.example ? `, for example ${about.example}` : ""}`;
  const base = z.string({ error: complaint }).min(1, complaint).max(maxLength, complaint);
  const { pattern, form, ...meta } = about;
  if (pattern === undefined) return base.meta(meta);
  const { example } = about;
  const ofForm = example === undefined ? complaint : `must have the form of ${example}`;
  return base.regex(pattern, form === undefined ? ofForm : `must be ${form}, for example ${example}`).meta(meta);
};

/** True or false, with a standard value where the file is silent. */
export const flagOr = (standard: boolean, about: About) =>
  z
    .boolean({ error: "must be true or false" })
    .default(standard)
    .meta({ ...about });

/** One of a few words. */
export const choice = <const T extends readonly [string, ...string[]]>(values: T, about: About) =>
  z.enum(values, { error: `must be one of ${values.join(", ")}` }).meta({ ...about });

/** One of a few words, with a standard value where the file is silent. */
export const choiceOr = <const T extends readonly [string, ...string[]]>(
  standard: T[number],
  values: T,
  about: About,
) =>
  z
    .enum(values, { error: `must be one of ${values.join(", ")}` })
    .default(standard as never)
    .meta({ ...about });

/** A group of settings. Unknown names are refused: a misspelt limit must not silently leave its default in force. */
export const group = <T extends z.ZodRawShape>(shape: T, sentence: string) => z.strictObject(shape).meta({ sentence });

/** An https address; `what` comes from there. */
export const httpsAddress = (what: string) =>
  z
    .string({ error: "must be an https address" })
    .max(500, "must be at most 500 characters")
    .regex(/^https:\/\//, `must be an https address: ${what} over an open line could be anybody's`);

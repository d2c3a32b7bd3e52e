/**
 * What this station says, in the words of a connection's version. Inside, messages have the form of 2.1, of which 2.0.1 is a
 * part. On a 2.0.1 connection what it has no field for is left out, and a word that it does not know becomes the nearest one
 * that it does: also for what was written into the journal while another version was spoken.
 */
import type { Action } from "./messages.table.ts";
import { follows, type Schema, schemaOf } from "./validators.ts";
import type { Version } from "./versions.ts";

/** Words of 2.1 for which 2.0.1 has another one. */
const olderWord: Readonly<Record<string, string>> = {
  OperationModeChanged: "ChargingRateChanged",
  LimitSet: "ChargingRateChanged",
  ReqEnergyTransferRejected: "Other",
};

/** Stands for a value that a version cannot say at all. */
const unsayable = Symbol("unsayable");

/** The payload as it goes out on a connection of `version`; unchanged where it follows the schema already. */
export function shaped(version: Version, action: Action, isAnswer: boolean, payload: unknown): unknown {
  if (version === "2.1") return payload;
  const schema = schemaOf(version, action, isAnswer);
  if (schema === undefined || follows(version, action, isAnswer, payload)) return payload;
  const fitted = inWordsOf(schema, schema, payload);
  return fitted === unsayable ? payload : fitted;
}

function inWordsOf(root: Schema, of: Schema | undefined, value: unknown): unknown {
  const schema = of?.$ref === undefined ? of : root.definitions?.[of.$ref.slice("#/definitions/".length)];
  if (schema === undefined) return value;
  if (schema.enum !== undefined && typeof value === "string") return fitWord(schema.enum, value);
  if (Array.isArray(value)) {
    const kept = value.map((item) => inWordsOf(root, schema.items, item)).filter((item) => item !== unsayable);
    return kept.length === 0 && value.length > 0 ? unsayable : kept;
  }
  if (typeof value !== "object" || value === null || schema.properties === undefined) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(value)) {
    if (!(key in schema.properties)) continue;
    const fitted = inWordsOf(root, schema.properties[key], part);
    if (fitted !== unsayable) kept[key] = fitted;
  }
  return schema.required?.every((key) => key in kept) === false ? unsayable : kept;
}

function fitWord(words: readonly string[], word: string): unknown {
  if (words.includes(word)) return word;
  const older = olderWord[word];
  return older !== undefined && words.includes(older) ? older : unsayable;
}

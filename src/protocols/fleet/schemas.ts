/** The messages as JSON Schemas, for whoever speaks with a site or a fleet in another language (`docs/fleet/schemas`). */
import { z } from "zod";
import { leaseSchema, signedOrdersSchema } from "./orders.ts";
import { helloAnswerSchema, helloSchema, powerSchema, recordSchema, stateSchema, storedSchema } from "./payloads.ts";
import { signedReleaseSchema } from "./releases.ts";

const messages = {
  state: stateSchema,
  power: powerSchema,
  record: recordSchema,
  stored: storedSchema,
  orders: signedOrdersSchema,
  lease: leaseSchema,
  hello: helloSchema,
  "hello-answer": helloAnswerSchema,
  release: signedReleaseSchema,
} as const;

/** File names and their texts. */
export const schemaFiles = (): readonly { readonly name: string; readonly text: string }[] =>
  Object.entries(messages).map(([name, schema]) => ({
    name: `${name}.json`,
    text: `${JSON.stringify(z.toJSONSchema(schema, { io: "input" }), null, 2)}\n`,
  }));

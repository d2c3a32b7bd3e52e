/** What a route of the JSON API is, and the answers that many of them share. */
import { z } from "zod";

export type Access = "public" | "viewer" | "operator" | "installer";
export interface ApiRoute {
  readonly id: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly access: Access;
  /** A token may call it though it changes something: what it may is judged by its rights. */
  readonly byToken?: true;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** Where a body may be larger than elsewhere, bytes. */
  readonly bodyMaxBytes?: number;
  readonly answers: Readonly<
    Record<string, { readonly description: string; readonly schema?: z.ZodType; readonly type?: string }>
  >;
}

/** The form of every refusal. */
export const refusal = z.object({ ok: z.literal(false), error: z.string(), sentence: z.string() });
const doneSchema = z.object({ ok: z.literal(true), sentence: z.string() });
export const done = { description: "Done.", schema: doneSchema };
export const refused = { description: "Refused; the sentence says why.", schema: refusal };
export const stale = { description: "Somebody has changed it since it was read. Read it again.", schema: refusal };

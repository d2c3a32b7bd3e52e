/**
 * What a VTN says, as far as a VEN reads it (OpenADR 3.1.0, openadr3.yaml of the specification). Unknown members are let pass;
 * what is null counts as absent; an object that lacks what it needs is refused as a whole.
 */
import { z } from "zod";

const text = z.string().max(8_000);
const id = z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/);
const none = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? undefined);
const list = <T extends z.ZodType>(type: T, most: number) =>
  z
    .array(type)
    .max(most)
    .nullish()
    .transform((value): z.output<T>[] => value ?? []);

/** Most intervals of one event that are read. */
const intervalsMax = 2_000;

const intervalPeriod = z.object({ start: none(text), duration: none(text), randomizeStart: none(text) });
const point = z.object({ x: z.number(), y: z.number() });
const valuesMap = z.object({
  type: z.string().min(1).max(128),
  values: z.array(z.union([z.number(), text, z.boolean(), point])).max(intervalsMax),
});
const interval = z.object({
  id: z.number().int(),
  intervalPeriod: none(intervalPeriod),
  payloads: z.array(valuesMap).max(50),
});
const payloadDescriptor = z.object({
  objectType: none(text),
  payloadType: z.string().min(1).max(128),
  units: none(text),
  currency: none(text),
});
const metadata = { id, createdDateTime: text, modificationDateTime: text };

const programSchema = z.object({
  ...metadata,
  programName: z.string().min(1).max(128),
  payloadDescriptors: list(payloadDescriptor, 100),
  attributes: list(valuesMap, 100),
});
const reportDescriptor = z.object({
  payloadType: z.string().min(1).max(128),
  readingType: none(text),
  units: none(text),
  aggregate: none(z.boolean()),
  startInterval: none(z.number().int()),
  numIntervals: none(z.number().int()),
  historical: none(z.boolean()),
  frequency: none(z.number().int()),
  repeat: none(z.number().int()),
});
const eventSchema = z.object({
  ...metadata,
  programID: id,
  eventName: none(text),
  duration: none(text),
  priority: none(z.number()),
  targets: list(text, 1_000),
  reportDescriptors: list(reportDescriptor, 50),
  payloadDescriptors: list(payloadDescriptor, 100),
  intervalPeriod: none(intervalPeriod),
  intervals: list(interval, intervalsMax),
});
const namedSchema = z.object({ id, venName: none(text), resourceName: none(text), targets: list(text, 1_000) });

export type Program = z.output<typeof programSchema>;
export type VtnEvent = z.output<typeof eventSchema>;
export type ReportDescriptor = z.output<typeof reportDescriptor>;
export type Payload = z.output<typeof valuesMap>;
/** A ven or a resource as the VTN keeps it. */
export type Registered = z.output<typeof namedSchema>;

export const readProgram = (value: unknown): Program | null => programSchema.safeParse(value).data ?? null;
export const readEvent = (value: unknown): VtnEvent | null => eventSchema.safeParse(value).data ?? null;
export const readRegistered = (value: unknown): Registered | null => namedSchema.safeParse(value).data ?? null;

const tokenSchema = z.object({ access_token: z.string().min(1).max(8_192), expires_in: none(z.number().positive()) });
export const readToken = (value: unknown) => tokenSchema.safeParse(value).data ?? null;

const authServer = z.object({ tokenURL: z.string().min(1).max(8_000) });
export const readTokenUrl = (value: unknown): string | null => authServer.safeParse(value).data?.tokenURL ?? null;

const notifiers = z.object({
  MQTT: none(
    z.object({
      URIS: z.array(text).min(1).max(10),
      authentication: z.object({
        method: z.enum(["ANONYMOUS", "OAUTH2_BEARER_TOKEN", "CERTIFICATE"]),
        username: none(text),
        caCert: none(z.string().max(50_000)),
        clientCert: none(z.string().max(50_000)),
        clientKey: none(z.string().max(50_000)),
      }),
    }),
  ),
});
export type MqttNotifier = NonNullable<z.output<typeof notifiers>["MQTT"]>;
export const readMqttNotifier = (value: unknown): MqttNotifier | null => notifiers.safeParse(value).data?.MQTT ?? null;

const topicsSchema = z.object({
  topics: z.object({ CREATE: none(text), UPDATE: none(text), DELETE: none(text), ALL: none(text) }),
});
/** Topics to subscribe to; the one for all where the VTN has it. */
export function readTopics(value: unknown): readonly string[] {
  const topics = topicsSchema.safeParse(value).data?.topics;
  if (topics === undefined) return [];
  const { CREATE, UPDATE, DELETE, ALL } = topics;
  return ALL !== undefined ? [ALL] : [CREATE, UPDATE, DELETE].filter((topic) => topic !== undefined);
}

/** Problem of a refused request, in a line. */
export function problemText(value: unknown): string {
  const problem = z.object({ title: none(text), detail: none(text), error: none(text), error_description: none(text) });
  const { title, detail, error, error_description } = problem.safeParse(value).data ?? {};
  return [title ?? error, detail ?? error_description]
    .filter((part) => part !== undefined)
    .join(": ")
    .slice(0, 200);
}

/**
 * Checks every frame against the published JSON schemas of its version (as bundled with the ocpp-rpc package) and names the
 * error code that Part 4, table 8 asks for. Schemas are compiled on first use: a station meets about half of them in its life.
 * Until then a schema is kept as text, and only of versions that are spoken: as objects they would be a tenth of the service's
 * memory.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import { OcppError, type RpcErrorCode } from "./errors.ts";
import type { Action } from "./messages.table.ts";
import { type Version, versions } from "./versions.ts";

/** What a broken schema rule is called on the wire. Anything else is a value that is not allowed. */
const codeOfKeyword: Record<string, RpcErrorCode> = {
  type: "TypeConstraintViolation",
  required: "OccurrenceConstraintViolation",
  minItems: "OccurrenceConstraintViolation",
  maxItems: "OccurrenceConstraintViolation",
  additionalProperties: "FormatViolation",
};

/** Decimal places to which `multipleOf: 0.1` is judged, so that 0.3 counts as a multiple. */
const multipleOfPrecision = 6;

/** What of a schema is read here beside checking with it: see `shapes.ts`. */
export interface Schema {
  readonly $ref?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** Whether a schema is a request's, with the name of its message: the versions' files name them differently. */
function nameOf(id: string): { readonly action: string; readonly isAnswer: boolean } {
  const name = id.slice("urn:".length);
  const action = name.replace(/(\.req|\.conf|Request|Response)$/, "");
  return { action, isAnswer: /(\.conf|Response)$/.test(name) };
}

const ajvFor = (): Ajv => {
  const ajv = new Ajv({ strict: false, multipleOfPrecision, validateFormats: true });
  addFormats.default(ajv);
  return ajv;
};
const bareTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/i;

/** The messages of one version. */
interface Catalogue {
  /** The names of its messages. */
  readonly actions: ReadonlySet<string>;
  schemaOf(action: string, isAnswer: boolean): Schema | undefined;
  validatorOf(action: string, isAnswer: boolean): ValidateFunction | null;
}

/** A message's key among requests and answers. */
const keyOf = (action: string, isAnswer: boolean): string => (isAnswer ? `${action} answer` : action);

function createCatalogue(documents: readonly { readonly $id: string }[]): Catalogue {
  const requestAjv = ajvFor();
  /** Of answers only: many backends leave out the offset of a time (see `wireTimeMs`). No boot may fail for that. */
  const answerAjv = ajvFor();
  answerAjv.addFormat("date-time", (text) => bareTime.test(text) && !Number.isNaN(Date.parse(text)));
  const actions = new Set<string>();
  const texts = new Map<string, string>();
  for (const { $id, ...schema } of documents) {
    const { action, isAnswer } = nameOf($id);
    if (!isAnswer) actions.add(action);
    texts.set(keyOf(action, isAnswer), JSON.stringify(schema));
  }
  const schemas = new Map<string, Schema>();
  const validators = new Map<string, ValidateFunction>();
  const schemaOf = (action: string, isAnswer: boolean): Schema | undefined => {
    const key = keyOf(action, isAnswer);
    const before = schemas.get(key);
    const text = texts.get(key);
    if (before !== undefined || text === undefined) return before;
    const schema = JSON.parse(text) as Schema;
    schemas.set(key, schema);
    return schema;
  };
  const validatorOf = (action: string, isAnswer: boolean): ValidateFunction | null => {
    const key = keyOf(action, isAnswer);
    const before = validators.get(key);
    const schema = schemaOf(action, isAnswer);
    if (before !== undefined || schema === undefined) return before ?? null;
    const validate = (isAnswer ? answerAjv : requestAjv).compile(schema);
    validators.set(key, validate);
    return validate;
  };
  return { actions, schemaOf, validatorOf };
}

const schemaFiles: Readonly<Record<Version, string>> = {
  "2.1": "ocpp-rpc/lib/schemas/ocpp2_1.json",
  "2.0.1": "ocpp-rpc/lib/schemas/ocpp2_0_1.json",
};
const { resolve } = createRequire(import.meta.url);
const catalogues = new Map<Version, Catalogue>();

/** Read at the version's first message, and not as a module: those stay in memory as they were read. */
function catalogueOf(version: Version): Catalogue {
  let catalogue = catalogues.get(version);
  if (catalogue === undefined) {
    catalogue = createCatalogue(JSON.parse(readFileSync(resolve(schemaFiles[version]), "utf8")));
    catalogues.set(version, catalogue);
  }
  return catalogue;
}

/** Whether a name is that of a message in any version. */
export const isActionOfAny = (name: string): boolean => versions.some((one) => catalogueOf(one).actions.has(name));

/** Whether a name is that of a message in a version. */
export const isAction = (version: Version, name: string): name is Action => catalogueOf(version).actions.has(name);

/** The schema of a message in a version; undefined where the version has no such message. */
export const schemaOf = (version: Version, action: Action, isAnswer: boolean): Schema | undefined =>
  catalogueOf(version).schemaOf(action, isAnswer);

function describe(error: ErrorObject): string {
  const at = error.instancePath === "" ? "the payload" : error.instancePath;
  return `${at} ${error.message ?? "is not allowed"}`;
}

function check(version: Version, action: Action, isAnswer: boolean, payload: unknown): void {
  const validate = catalogueOf(version).validatorOf(action, isAnswer);
  if (validate === null) throw new OcppError("NotImplemented", `OCPP ${version} has no such message: ${action}`);
  if (validate(payload)) return;
  const first = validate.errors?.[0];
  if (!first) throw new OcppError("FormatViolation", "The payload does not follow the schema.");
  throw new OcppError(codeOfKeyword[first.keyword] ?? "PropertyConstraintViolation", describe(first));
}

/** Throws `OcppError` with the right code when a request does not follow its schema. */
export function checkRequest(version: Version, action: Action, payload: unknown): void {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload))
    throw new OcppError("FormatViolation", "The payload must be a JSON object.");
  check(version, action, false, payload);
}

/** Throws `OcppError` when a response does not follow its schema. */
export function checkResponse(version: Version, action: Action, payload: unknown): void {
  check(version, action, true, payload);
}

/** Whether a request or answer follows its schema. */
export const follows = (version: Version, action: Action, isAnswer: boolean, payload: unknown): boolean =>
  catalogueOf(version).validatorOf(action, isAnswer)?.(payload) === true;

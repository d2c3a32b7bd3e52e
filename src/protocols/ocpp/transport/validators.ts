/**
 * Checks every frame against the published JSON schemas of its version (as bundled with the ocpp-rpc package) and names the
 * error code that Part 4, table 8 asks for. Schemas are compiled on first use: a station meets about half of them in its life.
 */
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import schemas201 from "ocpp-rpc/lib/schemas/ocpp2_0_1.json" with { type: "json" };
import schemas21 from "ocpp-rpc/lib/schemas/ocpp2_1.json" with { type: "json" };
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
  readonly requests: ReadonlyMap<string, Schema>;
  readonly answers: ReadonlyMap<string, Schema>;
  validatorOf(action: string, isAnswer: boolean): ValidateFunction | null;
}

function createCatalogue(documents: readonly { readonly $id: string }[]): Catalogue {
  const requestAjv = ajvFor();
  /** Of answers only: many backends leave out the offset of a time (see `wireTimeMs`). No boot may fail for that. */
  const answerAjv = ajvFor();
  answerAjv.addFormat("date-time", (text) => bareTime.test(text) && !Number.isNaN(Date.parse(text)));
  const requests = new Map<string, Schema>();
  const answers = new Map<string, Schema>();
  for (const { $id, ...schema } of documents) {
    const { action, isAnswer } = nameOf($id);
    (isAnswer ? answers : requests).set(action, schema as Schema);
  }
  const compiled = new Map<string, ValidateFunction>();
  return {
    requests,
    answers,
    validatorOf(action, isAnswer) {
      const key = isAnswer ? `${action} answer` : action;
      let validate = compiled.get(key);
      if (!validate) {
        const schema = (isAnswer ? answers : requests).get(action);
        if (schema === undefined) return null;
        validate = (isAnswer ? answerAjv : requestAjv).compile(schema);
        compiled.set(key, validate);
      }
      return validate;
    },
  };
}

const catalogues: Readonly<Record<Version, Catalogue>> = {
  "2.1": createCatalogue(schemas21),
  "2.0.1": createCatalogue(schemas201),
};

/** The names of all messages, of every version. */
export const actions: ReadonlySet<string> = new Set(versions.flatMap((one) => [...catalogues[one].requests.keys()]));

/** Whether a name is that of a message in a version. */
export const isAction = (version: Version, name: string): name is Action => catalogues[version].requests.has(name);

/** The schema of a message in a version; undefined where the version has no such message. */
export const schemaOf = (version: Version, action: Action, isAnswer: boolean): Schema | undefined =>
  catalogues[version][isAnswer ? "answers" : "requests"].get(action);

function describe(error: ErrorObject): string {
  const at = error.instancePath === "" ? "the payload" : error.instancePath;
  return `${at} ${error.message ?? "is not allowed"}`;
}

function check(version: Version, action: Action, isAnswer: boolean, payload: unknown): void {
  const validate = catalogues[version].validatorOf(action, isAnswer);
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
  catalogues[version].validatorOf(action, isAnswer)?.(payload) === true;

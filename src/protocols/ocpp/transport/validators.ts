/**
 * Checks every frame against the published JSON schemas (as bundled with the ocpp-rpc package) and names the error code
 * that Part 4, table 8 asks for. Schemas are compiled on first use: a station meets about half of them in its life.
 */
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import schemas from "ocpp-rpc/lib/schemas/ocpp2_0_1.json" with { type: "json" };
import { OcppError, type RpcErrorCode } from "./errors.ts";
import type { Action } from "./messages.table.ts";

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

const ajvFor = (): Ajv => {
  const ajv = new Ajv({ strict: false, multipleOfPrecision, validateFormats: true });
  addFormats.default(ajv);
  return ajv;
};
const requests = ajvFor();
/** Of answers only: many backends leave out the offset of a time (see `wireTimeMs`). No boot may fail for that. */
const responses = ajvFor();
const bareTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/i;
responses.addFormat("date-time", (text) => bareTime.test(text) && !Number.isNaN(Date.parse(text)));
const ajvOf = (id: string): Ajv => (id.endsWith(".conf") ? responses : requests);
/** `urn:Action.req` is no valid URN for strict readers, so schemas are kept under `Action.req` and `Action.conf`. */
const names: string[] = [];
for (const { $id, ...schema } of schemas) {
  const name = $id.slice("urn:".length);
  names.push(name);
  ajvOf(name).addSchema(schema, name);
}

export const actions: ReadonlySet<string> = new Set(
  names.filter((name) => name.endsWith(".req")).map((name) => name.slice(0, -".req".length)),
);
/** Whether a name is that of a message. */
export const isAction = (name: string): name is Action => actions.has(name);

const compiled = new Map<string, ValidateFunction>();

function validatorOf(id: string): ValidateFunction {
  let validate = compiled.get(id);
  if (!validate) {
    validate = ajvOf(id).getSchema(id);
    if (!validate) throw new OcppError("NotImplemented", `No such message: ${id}`);
    compiled.set(id, validate);
  }
  return validate;
}

function describe(error: ErrorObject): string {
  const at = error.instancePath === "" ? "the payload" : error.instancePath;
  return `${at} ${error.message ?? "is not allowed"}`;
}

function check(id: string, payload: unknown): void {
  const validate = validatorOf(id);
  if (validate(payload)) return;
  const first = validate.errors?.[0];
  if (!first) throw new OcppError("FormatViolation", "The payload does not follow the schema.");
  throw new OcppError(codeOfKeyword[first.keyword] ?? "PropertyConstraintViolation", describe(first));
}

/** Throws `OcppError` with the right code when a request does not follow its schema. */
export function checkRequest(action: Action, payload: unknown): void {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload))
    throw new OcppError("FormatViolation", "The payload must be a JSON object.");
  check(`${action}.req`, payload);
}

/** Throws `OcppError` when a response does not follow its schema. */
export function checkResponse(action: Action, payload: unknown): void {
  check(`${action}.conf`, payload);
}

/**
 * A model of ours as a SunSpec model definition in JSON, the form that SunSpec clients load: with it any of them reads our
 * devices like standard ones.
 */
import type { GroupTable, ModelTable, PointRow } from "../../src/protocols/sunspec/model.ts";
import { type PointType, pointTypes } from "../../src/protocols/sunspec/point-types.ts";

interface JsonPoint {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly sf?: string | number;
  readonly units?: string;
  readonly access?: "RW";
  readonly mandatory?: "M";
  readonly static?: "S";
  readonly value?: number;
}

interface JsonGroup {
  readonly name: string;
  readonly type: "group";
  readonly count?: string;
  readonly points: readonly JsonPoint[];
  readonly groups?: readonly JsonGroup[];
}

/** A SunSpec model in the alliance's JSON form. */
export interface ModelJson {
  readonly id: number;
  readonly group: JsonGroup;
}

/** A model's table in the alliance's JSON form, for tools that read it. */
export function modelJson(table: ModelTable): ModelJson {
  const head: JsonPoint[] = [
    { name: "ID", type: "uint16", size: 1, mandatory: "M", static: "S", value: table.id },
    { name: "L", type: "uint16", size: 1, mandatory: "M", static: "S" },
  ];
  const groups = table.groups?.map(groupJson);
  return {
    id: table.id,
    group: {
      name: table.name,
      type: "group",
      points: [...head, ...table.points.map(pointJson)],
      ...(groups === undefined ? {} : { groups }),
    },
  };
}

/** The same as text, for `model_64901.json` and its like. */
export const printModelJson = (table: ModelTable): string => `${JSON.stringify(modelJson(table), null, 2)}\n`;

function groupJson(group: GroupTable): JsonGroup {
  const groups = group.groups?.map(groupJson);
  return {
    name: group.name,
    type: "group",
    ...(group.count === undefined ? {} : { count: group.count }),
    points: group.points.map(pointJson),
    ...(groups === undefined ? {} : { groups }),
  };
}

function pointJson([name, typeName, scaleFactor, unit, access]: PointRow): JsonPoint {
  const isText = typeName.startsWith("string");
  return {
    name,
    type: isText ? "string" : typeName,
    size: isText ? Number(typeName.slice(6)) : pointTypes[typeName as PointType].registers,
    ...(scaleFactor === undefined ? {} : { sf: scaleFactor }),
    ...(unit === undefined ? {} : { units: unit }),
    ...(access === "RW" ? { access } : {}),
    ...(typeName === "sunssf" ? { static: "S" } : {}),
  };
}

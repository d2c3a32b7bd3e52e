/**
 * SunSpec information models as data. A model is a list of points in the order of their registers, after the two registers
 * of its identifier and length, followed by groups that repeat as often as a point says. Point and group names, types and
 * symbols are those of the SunSpec information models; see `models.table.ts`.
 */
import { type PointType, pointTypes } from "./point-types.ts";

/** [name, type, scale factor: another point's name or a power of ten, unit, access]; strings carry their registers. */
export type PointRow = readonly [
  name: string,
  type: PointType | `string${number}`,
  scaleFactor?: string | number | undefined,
  unit?: string | undefined,
  access?: "R" | "RW" | undefined,
];

/** A group of points that may repeat. */
export interface GroupTable {
  readonly name: string;
  /** Point of the model that says how often the group repeats; without it once. */
  readonly count?: string;
  readonly points: readonly PointRow[];
  readonly groups?: readonly GroupTable[];
}

/** A SunSpec information model: its points and groups. */
export interface ModelTable {
  readonly id: number;
  readonly name: string;
  readonly points: readonly PointRow[];
  readonly groups?: readonly GroupTable[];
}

/** One point at its place. */
export interface PlacedPoint {
  /** `W`, or within groups `Crv[1].Pt[2].V`; indexes count from 1 as SunSpec counts curves. */
  readonly path: string;
  /** In registers from the model's identifier. */
  readonly offset: number;
  readonly registers: number;
  readonly type: PointType;
  /** Name of the point with the power of ten, or the power itself; undefined when unscaled. */
  readonly scaleFactor: string | number | undefined;
  readonly unit: string;
  readonly writable: boolean;
}

/** A model with its points at their places, for one device's count of repeated groups. */
export interface ModelLayout {
  readonly table: ModelTable;
  /** Length as the chain states it: registers after the length register. */
  readonly length: number;
  readonly points: readonly PlacedPoint[];
  readonly byPath: ReadonlyMap<string, PlacedPoint>;
}

/** Most registers of one model that are believed; far above every known model. */
export const modelLengthMax = 2_000;
const repeatsMax = 64;

/** Places all points of a model. `counts` gives the repeats of its groups: `{ NPt: 4, NCrv: 3 }`. */
export function layoutModel(table: ModelTable, counts: Readonly<Record<string, number>> = {}): ModelLayout {
  const points: PlacedPoint[] = [];
  let offset = 2;

  const placePoints = (rows: readonly PointRow[], prefix: string): void => {
    for (const [name, typeName, scaleFactor, unit, access] of rows) {
      const isText = typeName.startsWith("string");
      const type = (isText ? "string" : typeName) as PointType;
      const registers = isText ? Number(typeName.slice(6)) : pointTypes[type].registers;
      points.push({
        path: prefix + name,
        offset,
        registers,
        type,
        scaleFactor,
        unit: unit ?? "",
        writable: access === "RW",
      });
      offset += registers;
    }
  };
  const placeGroups = (groups: readonly GroupTable[] | undefined, prefix: string): void => {
    for (const group of groups ?? []) {
      const repeats = group.count === undefined ? 1 : Math.min(repeatsMax, counts[group.count] ?? 0);
      for (let i = 1; i <= repeats; i += 1) {
        const inner = `${prefix}${group.name}${group.count === undefined ? "" : `[${i}]`}.`;
        placePoints(group.points, inner);
        placeGroups(group.groups, inner);
      }
    }
  };

  placePoints(table.points, "");
  placeGroups(table.groups, "");
  return { table, length: offset - 2, points, byPath: new Map(points.map((point) => [point.path, point])) };
}

/** The points that fit into a model that says it is shorter: later parts of a model are optional, and some leave them out. */
export function cutModel(layout: ModelLayout, length: number): ModelLayout {
  const points = layout.points.filter(({ offset, registers }) => offset + registers <= length + 2);
  return { table: layout.table, length, points, byPath: new Map(points.map((point) => [point.path, point])) };
}

/** Registers from the identifier at which a read of the model may be split: no point is cut in two. */
export const pointStarts = ({ points }: ModelLayout): number[] => points.map(({ offset }) => offset);

/** Names of the points that count group repeats. */
export function countPoints(table: ModelTable): string[] {
  const names = new Set<string>();
  const visit = (groups: readonly GroupTable[] | undefined): void => {
    for (const group of groups ?? []) {
      if (group.count !== undefined) names.add(group.count);
      visit(group.groups);
    }
  };
  visit(table.groups);
  return [...names];
}

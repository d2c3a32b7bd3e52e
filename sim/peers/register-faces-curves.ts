/**
 * The grid-support models 705–712 of a simulated stage. Curve 1 mirrors what is active. A curve is adopted a little while
 * after it was asked for, and only if it holds together: that is where SunSpec devices check, not at single writes.
 */

import { ExceptionCode } from "../../src/protocols/modbus/answer.ts";
import { tripRegions } from "../../src/protocols/sunspec/der-curves.table.ts";
import { sunspecModel } from "../../src/protocols/sunspec/models.ts";
import type { FaceModel, RegisterFace } from "../../src/protocols/sunspec/register-face.ts";

/** Repeats as in a realistic map of a stage. */
const counts: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  705: { NPt: 4, NCrv: 3 },
  706: { NPt: 2, NCrv: 3 },
  707: { NPt: 5, NCrvSet: 2 },
  708: { NPt: 5, NCrvSet: 2 },
  709: { NPt: 5, NCrvSet: 2 },
  710: { NPt: 5, NCrvSet: 2 },
  711: { NCtl: 2 },
  712: { NPt: 6, NCrv: 2 },
};

export const curveModels: readonly FaceModel[] = Object.entries(counts).map(([id, repeats]) => ({
  table: sunspecModel(Number(id))!,
  counts: repeats,
}));

/** Names that differ between the models. */
interface CurveShape {
  readonly group: "Crv" | "Ctl";
  readonly request: "AdptCrvReq" | "AdptCtlReq";
  readonly result: "AdptCrvRslt" | "AdptCtlRslt";
  readonly repeats: "NCrv" | "NCrvSet" | "NCtl";
  readonly scales: Readonly<Record<string, number>>;
}
const crv = { group: "Crv", request: "AdptCrvReq", result: "AdptCrvRslt" } as const;
const voltTrip: CurveShape = { ...crv, repeats: "NCrvSet", scales: { V_SF: -1, Tms_SF: -2 } };
const hertzTrip: CurveShape = { ...crv, repeats: "NCrvSet", scales: { Hz_SF: -2, Tms_SF: -2 } };
const curveShapes: Readonly<Record<number, CurveShape>> = {
  705: { ...crv, repeats: "NCrv", scales: { V_SF: -1, DeptRef_SF: -1, RspTms_SF: -1 } },
  706: { ...crv, repeats: "NCrv", scales: { V_SF: -1, DeptRef_SF: -1, RspTms_SF: -1 } },
  707: voltTrip,
  708: voltTrip,
  709: hertzTrip,
  710: hertzTrip,
  711: {
    group: "Ctl",
    request: "AdptCtlReq",
    result: "AdptCtlRslt",
    repeats: "NCtl",
    scales: { Db_SF: -3, K_SF: -3, RspTms_SF: -1 },
  },
  712: { ...crv, repeats: "NCrv", scales: { W_SF: -1, DeptRef_SF: -1 } },
};

/** Result values of SunSpec's adoption. */
const Adoption = { inProgress: 0, completed: 1, failed: 2 } as const;

export interface CurveFunctions {
  /** Time from an adoption's request to its result; Infinity: it never ends. */
  adoptionMs: number;
  /** Whether the reactive mode of this model (705, 712) is on. */
  reactiveOn(model: number): boolean;
  /** Whether another reactive mode is on already; a second one is refused. Set by the stage's face. */
  otherReactiveOn: (model: number) => boolean;
  /** Changes a point behind the controller's back, as a mistaken technician or a firmware fault would. */
  alter(model: number, path: string, value: number): void;
}

interface Pending {
  readonly curve: number;
  readonly dueMs: number;
}

export function curveFunctions(face: RegisterFace, clock: () => number, nominalHz: number): CurveFunctions {
  const functions: CurveFunctions = {
    adoptionMs: 120,
    reactiveOn: (model) => face.get(model, "Ena") === 1,
    otherReactiveOn: () => false,
    alter: (model, path, value) => face.set(model, path, value),
  };
  for (const [key, shape] of Object.entries(curveShapes)) {
    const id = Number(key);
    const repeats = counts[id]![shape.repeats]!;
    let pending: Pending | undefined;
    let result: number = Adoption.completed;
    face.setAll(id, { ...shape.scales, Ena: id >= 707 && id <= 710 ? 1 : 0, [shape.request]: 0 });
    for (const timer of ["RvrtTms", "RvrtRem", "RvrtCrv", "RvrtCtl"]) if (face.has(id, timer)) face.set(id, timer, 0);
    for (let curve = 1; curve <= repeats; curve += 1) {
      setDefaults(face, id, `${shape.group}[${curve}].`, nominalHz);
      face.set(id, `${shape.group}[${curve}].ReadOnly`, curve === 1 ? 1 : 0);
    }
    const settle = (): void => {
      if (pending === undefined || clock() < pending.dueMs) return;
      const prefix = `${shape.group}[${pending.curve}].`;
      const exists = pending.curve >= 2 && pending.curve <= repeats;
      if (exists && holdsTogether(face, id, prefix)) {
        copyCurve(face, id, prefix, `${shape.group}[1].`);
        result = Adoption.completed;
      } else result = Adoption.failed;
      pending = undefined;
    };
    face.live(id, shape.result, () => {
      settle();
      return result;
    });
    face.onWrite(id, (touched) => {
      settle();
      if (writesInto(face, id, `${shape.group}[1].`, touched)) return ExceptionCode.illegalValue;
      if (touched("Ena") && !mayEnable(face, id, functions)) return ExceptionCode.illegalValue;
      if (touched(shape.request)) {
        // A curve that is not there fails where every adoption is judged: in its result.
        pending = { curve: face.get(id, shape.request), dueMs: clock() + functions.adoptionMs };
        result = Adoption.inProgress;
      }
      return ExceptionCode.ok;
    });
  }
  return functions;
}

/** A must-trip function is never off, an enable is 0 or 1, and only one reactive mode is on at a time. */
function mayEnable(face: RegisterFace, id: number, functions: CurveFunctions): boolean {
  const enable = face.get(id, "Ena");
  if (enable !== 0 && enable !== 1) return false;
  if (id >= 707 && id <= 710) return enable === 1;
  return enable === 0 || !isReactive(id) || !functions.otherReactiveOn(id);
}

const isReactive = (id: number): boolean => id === 705 || id === 712;

const pathsOf = (face: RegisterFace, id: number, prefix: string): string[] =>
  face
    .layout(id)
    .points.map((point) => point.path)
    .filter((path) => path.startsWith(prefix));

const writesInto = (face: RegisterFace, id: number, prefix: string, touched: (path: string) => boolean): boolean =>
  pathsOf(face, id, prefix).some(touched);

function copyCurve(face: RegisterFace, id: number, from: string, to: string): void {
  for (const path of pathsOf(face, id, from)) {
    const name = path.slice(from.length);
    if (name !== "ReadOnly") face.set(id, to + name, face.get(id, path));
  }
}

/** As many points as it says it has, all told, and the independent quantity never falling (trip curves: never rising past a step). */
function holdsTogether(face: RegisterFace, id: number, prefix: string): boolean {
  const told = (path: string): number => face.get(id, prefix + path);
  if (id === 711) return told("DbOf") >= 0 && told("DbUf") >= 0 && told("KOf") > 0 && told("KUf") > 0;
  if (id >= 707 && id <= 710) {
    const quantity = id <= 708 ? "V" : "Hz";
    return tripRegions.every((region) => {
      const active = told(`${region}.ActPt`);
      if (!(active >= 0 && active <= 5)) return false;
      for (let i = 1; i <= active; i += 1) {
        if (Number.isNaN(told(`${region}.Pt[${i}].${quantity}`)) || Number.isNaN(told(`${region}.Pt[${i}].Tms`)))
          return false;
        if (i > 1 && told(`${region}.Pt[${i}].Tms`) < told(`${region}.Pt[${i - 1}].Tms`)) return false;
      }
      return true;
    });
  }
  const quantity = id === 712 ? "W" : "V";
  const dependent = id === 706 ? "W" : "Var";
  const active = told("ActPt");
  if (!(active >= 2 && face.has(id, `${prefix}Pt[${active}].${quantity}`))) return false;
  for (let i = 1; i <= active; i += 1) {
    if (Number.isNaN(told(`Pt[${i}].${quantity}`)) || Number.isNaN(told(`Pt[${i}].${dependent}`))) return false;
    if (i > 1 && told(`Pt[${i}].${quantity}`) < told(`Pt[${i - 1}].${quantity}`)) return false;
  }
  return true;
}

/** Factory settings: curves that do nothing, trip limits that a maker ships. The site's profile replaces them. */
function setDefaults(face: RegisterFace, id: number, prefix: string, nominalHz: number): void {
  const set = (values: Readonly<Record<string, number>>): void => {
    for (const [path, value] of Object.entries(values)) face.set(id, prefix + path, value);
  };
  const points = (x: string, y: string, rows: readonly (readonly [number, number])[]): void =>
    rows.forEach(([first, second], i) => {
      set({ [`Pt[${i + 1}].${x}`]: first, [`Pt[${i + 1}].${y}`]: second });
    });
  if (id === 705) {
    set({ ActPt: 4, DeptRef: 3, Pri: 1, VRef: 100, VRefAutoEna: 0, VRefAutoTms: 300, RspTms: 5 });
    points("V", "Var", [
      [92, 0],
      [98, 0],
      [102, 0],
      [108, 0],
    ]);
  } else if (id === 706) {
    set({ ActPt: 2, DeptRef: 0, RspTms: 10 });
    points("V", "W", [
      [106, 100],
      [110, 100],
    ]);
  } else if (id === 711) {
    set({ DbOf: 0.036, DbUf: 0.036, KOf: 0.05, KUf: 0.05, RspTms: 5, PMin: -100 });
  } else if (id === 712) {
    set({ ActPt: 6, DeptRef: 3, Pri: 1 });
    points("W", "Var", [
      [-100, 0],
      [-50, 0],
      [-20, 0],
      [20, 0],
      [50, 0],
      [100, 0],
    ]);
  } else {
    const far = id === 707 ? 45 : id === 708 ? 120 : id === 709 ? nominalHz - 3.5 : nominalHz + 2;
    const near = id === 707 ? 88 : id === 708 ? 110 : id === 709 ? nominalHz - 1.5 : nominalHz + 1.2;
    const quantity = id <= 708 ? "V" : "Hz";
    const rows: readonly (readonly [number, number])[] = [
      [far, 0.16],
      [far, 2],
      [near, 2],
    ];
    for (const region of tripRegions) {
      set({ [`${region}.ActPt`]: region === "MustTrip" ? rows.length : 0 });
      if (region === "MustTrip") {
        rows.forEach(([value, timeS], i) => {
          set({ [`${region}.Pt[${i + 1}].${quantity}`]: value, [`${region}.Pt[${i + 1}].Tms`]: timeS });
        });
      }
    }
  }
}

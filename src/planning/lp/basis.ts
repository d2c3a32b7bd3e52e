/**
 * Where the simplex method starts on a new matrix. After an arrival, a departure or the next slot most of a day is as it was: what the
 * solver knows of it is carried over, by vehicle and slot, and the rest starts from doing nothing. Such a start is only a start: it
 * changes how long a solve takes, and which of several equal optima it finds.
 */
import type { Formulation } from "./formulation.ts";
import type { Basis } from "./linear-programme.ts";
import type { StayColumns } from "./stay-rows.ts";

const atLower = 0;
const inBetween = 1;

/** Start for `to` from where `from` ended. */
export function carriedBasis(from: Formulation, basis: Basis, to: Formulation): Basis {
  const carried = idle(to);
  // Slot t of the new programme is slot t + shift of the old one.
  const shift = (to.problem.firstSlot ?? 0) - (from.problem.firstSlot ?? 0);
  for (const stay of to.stays) {
    const before = from.stays.find((old) => isSame(old, stay, shift));
    if (before) carryStay(before, stay, shift, basis, carried);
  }
  carrySite(from, to, shift, basis, carried);
  return carried;
}

/** Vehicles do nothing, the site imports what it needs. */
function idle({ programme, problem, stays, site }: Formulation): Basis {
  const columns = new Int32Array(programme.cost.length).fill(atLower);
  const rows = new Int32Array(programme.rowLower.length).fill(inBetween);
  for (const { count, energy, energyRows, unmet, needRow } of stays) {
    columns.fill(inBetween, energy, energy + count);
    for (const row of energyRows) rows[row] = atLower;
    if (count === 0) continue;
    columns[unmet] = inBetween;
    rows[needRow] = atLower;
  }
  columns.fill(inBetween, site.import, site.import + problem.slots);
  rows.fill(atLower, site.balanceRows, site.balanceRows + problem.slots);
  return { columns, rows };
}

const isSame = (old: StayColumns, stay: StayColumns, shift: number): boolean =>
  old.stay.evseId === stay.stay.evseId &&
  old.first < stay.first + stay.count + shift &&
  stay.first + shift < old.first + old.count;

function carryStay(old: StayColumns, stay: StayColumns, shift: number, basis: Basis, carried: Basis): void {
  const families = (one: StayColumns): readonly number[] => [
    one.charge,
    one.chargeAbove,
    one.discharge,
    one.dischargeAbove,
    one.energy,
    one.reserveShort,
  ];
  const rowsOf = (one: StayColumns): readonly Int32Array[] => [one.energyRows, one.taperRows, one.reserveRows];
  const was = families(old);
  const is = families(stay);
  for (let index = 0; index < stay.count; index++) {
    const before = stay.first + index + shift - old.first;
    if (before < 0 || before >= old.count) continue;
    is.forEach((column, family) => {
      if (column >= 0 && was[family]! >= 0) carried.columns[column + index] = basis.columns[was[family]! + before]!;
    });
    const [rowsWere, rowsAre] = [rowsOf(old), rowsOf(stay)];
    for (let k = 0; k < rowsAre.length; k++) carryRow(basis, rowsWere[k]![before]!, carried, rowsAre[k]![index]!);
  }
  carried.columns[stay.unmet] = basis.columns[old.unmet]!;
  carryRow(basis, old.needRow, carried, stay.needRow);
}

function carrySite(from: Formulation, to: Formulation, shift: number, basis: Basis, carried: Basis): void {
  for (let t = 0; t < to.problem.slots; t++) {
    const before = t + shift;
    if (before < 0 || before >= from.problem.slots) continue;
    for (const family of ["import", "importAbove", "export", "curtailed", "over", "under"] as const) {
      const [was, is] = [from.site[family], to.site[family]];
      if (was >= 0 && is >= 0) carried.columns[is + t] = basis.columns[was + before]!;
    }
    carryRow(basis, from.site.balanceRows + before, carried, to.site.balanceRows + t);
    carryRow(basis, from.site.backupRows[before]!, carried, to.site.backupRows[t]!);
    for (let k = 0; k < to.site.groups.length; k++)
      carryRow(basis, from.site.groups[k]?.rows[before] ?? -1, carried, to.site.groups[k]!.rows[t]!);
  }
  to.site.peaks.forEach(({ column, slots, firstRow }, k) => {
    const old = from.site.peaks[k];
    if (!old) return;
    carried.columns[column] = basis.columns[old.column]!;
    slots.forEach((t, at) => {
      const was = old.slots.indexOf(t + shift);
      if (was >= 0) carryRow(basis, old.firstRow + was, carried, firstRow + at);
    });
  });
}

function carryRow(basis: Basis, was: number, carried: Basis, is: number): void {
  if (was >= 0 && is >= 0) carried.rows[is] = basis.rows[was]!;
}

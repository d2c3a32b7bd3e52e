/**
 * A linear programme as flat arrays, and the port of whatever solves it. Minimises `cost · x` with `rowLower ≤ A x ≤ rowUpper`
 * and `lower ≤ x ≤ upper`. Units inside: kW, kWh and currency, because solvers have tolerances of 1e-7.
 */

export interface LinearProgramme {
  readonly cost: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly rowLower: Float64Array;
  readonly rowUpper: Float64Array;
  /** Rows of A: entries of row i stand from `starts[i]` to `starts[i + 1]`. */
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
}

export interface LpSolution {
  readonly values: Float64Array;
  /** By how much the objective falls when a bound of the column is relaxed by one; negative at an upper bound that binds. */
  readonly columnDuals: Float64Array;
  readonly rowDuals: Float64Array;
  /** Simplex steps that it took. */
  readonly iterations: number;
}

/** Whether each column and row is at a bound or in between, in the solver's numbers. */
export interface Basis {
  readonly columns: Int32Array;
  readonly rows: Int32Array;
}

/** A loaded programme that remembers its basis from one `solve` to the next. */
export interface LoadedProgramme {
  /** Takes costs and bounds of `programme`, whose matrix is the loaded one. */
  update(programme: LinearProgramme): void;
  setCosts(cost: Float64Array): void;
  setColumnBounds(column: number, lower: number, upper: number): void;
  setRowBounds(row: number, lower: number, upper: number): void;
  /** Where the last solve ended; `null` before the first. */
  basis(): Basis | null;
  /** The next solve starts from here. */
  startFrom(basis: Basis): void;
  /** `null`: no solution within the bounds on work, or none at all. */
  solve(): LpSolution | null;
  dispose(): void;
}

export interface LpSolver {
  readonly name: string;
  load(programme: LinearProgramme): LoadedProgramme;
  /** Memory that its engine holds. */
  memoryBytes(): number;
}

/** Collects columns and rows, then gives the flat arrays. */
export class ProgrammeBuilder {
  readonly #cost: number[] = [];
  readonly #lower: number[] = [];
  readonly #upper: number[] = [];
  readonly #rowLower: number[] = [];
  readonly #rowUpper: number[] = [];
  readonly #starts: number[] = [0];
  readonly #columns: number[] = [];
  readonly #values: number[] = [];

  get columns(): number {
    return this.#cost.length;
  }

  /** Adds a variable and gives its number. */
  column(lower: number, upper: number, cost = 0): number {
    this.#lower.push(lower);
    this.#upper.push(Math.max(lower, upper));
    this.#cost.push(cost);
    return this.#cost.length - 1;
  }

  addCost(column: number, cost: number): void {
    this.#cost[column]! += cost;
  }

  /** Puts an entry into the row that `row` will close. */
  entry(column: number, value: number): void {
    if (column < 0 || value === 0) return;
    this.#columns.push(column);
    this.#values.push(value);
  }

  /** Closes the row of the entries since the last one and gives its number. */
  row(lower: number, upper: number): number {
    this.#rowLower.push(lower);
    this.#rowUpper.push(upper);
    this.#starts.push(this.#columns.length);
    return this.#rowLower.length - 1;
  }

  finish(): LinearProgramme {
    return {
      cost: Float64Array.from(this.#cost),
      lower: Float64Array.from(this.#lower),
      upper: Float64Array.from(this.#upper),
      rowLower: Float64Array.from(this.#rowLower),
      rowUpper: Float64Array.from(this.#rowUpper),
      starts: Int32Array.from(this.#starts),
      columns: Int32Array.from(this.#columns),
      values: Float64Array.from(this.#values),
    };
  }
}

/** True when a loaded programme can take the costs and bounds of the other. */
export function sameMatrix(a: LinearProgramme, b: LinearProgramme): boolean {
  return (
    a.cost.length === b.cost.length &&
    sameNumbers(a.starts, b.starts) &&
    sameNumbers(a.columns, b.columns) &&
    sameNumbers(a.values, b.values)
  );
}

function sameNumbers(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

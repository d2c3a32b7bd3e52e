/**
 * What is used of the package `highs`. Declared here because the package's own types describe its CommonJS half, whose default
 * export is not callable from an ES module.
 */
declare module "highs" {
  export interface HighsModel {
    readonly options: { set(options: Readonly<Record<string, string | number | boolean>>): unknown };
    changeColsCost(selection: HighsRange, costs: Float64Array): unknown;
    changeColBounds(column: number, lower: number, upper: number): unknown;
    changeColsBounds(selection: HighsRange, lower: Float64Array, upper: Float64Array): unknown;
    changeRowBounds(row: number, lower: number, upper: number): unknown;
    changeRowsBounds(selection: HighsRange, lower: Float64Array, upper: Float64Array): unknown;
    run(): { readonly modelStatus: number };
    getSolution(): {
      readonly colValue: Float64Array;
      readonly colDual: Float64Array;
      readonly rowDual: Float64Array;
    };
    getBasis(): { readonly colStatus: Int32Array; readonly rowStatus: Int32Array };
    setBasis(basis: { readonly colStatus: Int32Array; readonly rowStatus: Int32Array }): unknown;
    readonly info: { get(name: string): number | bigint };
    dispose(): void;
  }

  export interface HighsRange {
    readonly kind: "range";
    readonly from: number;
    readonly to: number;
  }

  export interface HighsModelData {
    readonly numCols: number;
    readonly numRows: number;
    readonly colCost: Float64Array;
    readonly colLower: Float64Array;
    readonly colUpper: Float64Array;
    readonly rowLower: Float64Array;
    readonly rowUpper: Float64Array;
    readonly matrix: {
      readonly format: "csr";
      readonly numRows: number;
      readonly numCols: number;
      readonly starts: Int32Array;
      readonly indices: Int32Array;
      readonly values: Float64Array;
    };
  }

  export interface Highs {
    readonly version: { readonly string: string };
    readonly memoryBytes: number;
    readonly constants: {
      readonly modelStatus: { readonly optimal: number };
    };
    createModel(data: HighsModelData): HighsModel;
  }

  export default function loadHighs(): Promise<Highs>;
}

/** Rows and guards that nothing misses in the whole exploration, and why they stay. The exploration checks that this list is whole. */
export interface SecondLine {
  readonly row: string;
  /** Name of the guard, or "the row". */
  readonly guard: string;
  readonly why: string;
}

export const secondLines: readonly SecondLine[] = [
];

/** Zero bits that must come and have not been written or read: a known number, and perhaps a variable more. */
export interface Pending {
  readonly count: number;
  /** A variable of the generated source that is added: the caller's `lead`, or `z` of a list. */
  readonly more: string | undefined;
}

export const none: Pending = { count: 0, more: undefined };
export const zeros = (count: number): Pending => ({ count, more: undefined });
export const plus = (pending: Pending, count: number): Pending => ({ ...pending, count: pending.count + count });

/** The number as an expression. */
export const total = ({ count, more }: Pending): string =>
  more === undefined ? `${count}` : count === 0 ? more : `${more} + ${count}`;

/** `32 - bits` as an expression: the shift that a load or a store of `bits` takes. */
export const rest = ({ count, more }: Pending): string =>
  more === undefined ? `${32 - count}` : `${32 - count} - ${more}`;

export const isNone = (pending: Pending): boolean => pending.count === 0 && pending.more === undefined;

/** What the small integers of a world mean, and which fault acts in it. */
import { F, type World } from "./fields.table.ts";

/** Grid as a voltmeter reads it: normal, sagging inside ride-through, tripped, dead. */
export const Grid = { normal: 0, sag: 1, tripped: 2, dead: 3 } as const;
/** Both sides of K1: not in synchronism, inside the window, so well inside that a close may be commanded. */
export const Sync = { lost: 0, window: 1, aim: 2 } as const;
export const Permit = { none: 0, backup: 1, parallel: 2 } as const;
export const Role = { off: 0, charge: 1, discharge: 2, forming: 3, hold: 4 } as const;

export const isFault = (w: World, index: number): boolean =>
  (w[F.faultOn] === 1 && w[F.fault] === index) || (w[F.fault2On] === 1 && w[F.fault2] === index);

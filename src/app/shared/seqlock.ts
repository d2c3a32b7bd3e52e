/**
 * Latest values between two threads, never a queue: one writer, any number of readers, one SharedArrayBuffer. The writer
 * makes the sequence odd, writes, makes it even; a reader that saw it odd or changed reads again.
 */

/** Attempts before a reader keeps its last good copy: the writer holds the lock for microseconds. */
const readAttemptsMax = 100;

export interface Seqlock {
  readonly buffer: SharedArrayBuffer;
  readonly sequence: Int32Array;
  readonly values: Float64Array;
}

/** Room for `length` numbers. */
export const createSeqlock = (length: number): Seqlock => openSeqlock(new SharedArrayBuffer(8 + length * 8));

/** The same memory as seen from another thread. */
export const openSeqlock = (buffer: SharedArrayBuffer): Seqlock => ({
  buffer,
  sequence: new Int32Array(buffer, 0, 2),
  values: new Float64Array(buffer, 8),
});

/** Begin and end of a write; between them the writer fills `lock.values`. */
export function beginWrite(lock: Seqlock): void {
  Atomics.add(lock.sequence, 0, 1);
}
export function endWrite(lock: Seqlock): void {
  Atomics.add(lock.sequence, 0, 1);
}

/** Copies a consistent image into `into`; false when none could be had (the caller keeps its last one) or nothing was written yet. */
export function readInto(lock: Seqlock, into: Float64Array): boolean {
  for (let attempt = 0; attempt < readAttemptsMax; attempt++) {
    const before = Atomics.load(lock.sequence, 0);
    if (before === 0) return false;
    if ((before & 1) === 1) continue;
    into.set(lock.values);
    if (Atomics.load(lock.sequence, 0) === before) return true;
  }
  return false;
}

/** How many times it was written: a reader can see that nothing is new. */
export const generation = (lock: Seqlock): number => Atomics.load(lock.sequence, 0) >> 1;

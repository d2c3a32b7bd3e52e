/**
 * One state of the explored world as small integers. Inputs are what the environment may change at any moment without anybody's
 * help: every combination of them goes with every state of the rest, so they are enumerated and never stored. The rest is packed
 * into 32-bit words: first what only the controller changes, then what nature may still change within a tick.
 */

/** Name, bits. Order inside a part is free; a field never crosses a word. 0 bits: read anew in each tick, needs no memory. */
const inputs = [
  ["grid", 0], ["permit", 0], ["service", 0], ["latch", 0], ["request", 0], ["reset", 0], ["sync", 0], ["noSource", 0], ["unbalanced", 0],
] as const;
const controller = [
  // its mode machine
  ["mode", 5], ["modeAge", 3], ["armed", 1], ["armedAge", 2], ["expected", 2], ["disagreements", 2], ["doubts", 1],
  ["gridDeadAtStart", 1], ["intent", 2], ["starts", 2], ["blocked", 1], ["unproven", 1], ["closePending", 1],
  ["hGood", 2], ["hOut", 2], ["hNotGood", 2], ["hUncommanded", 2], ["hContra", 3], ["hClosed", 2], ["hOpen", 2], ["hDead", 2],
  ["hNotDead", 3], ["hSync", 2], ["startedAge", 3],
  // which faults this world is about
  ["fault", 6], ["fault2", 6],
] as const;
const plant = [
  // the record on disk
  ["diskIntent", 2], ["diskStarts", 2], ["diskBlocked", 1], ["diskUnproven", 1],
  // the record is newer than the one on disk; storing it has failed, so that the next try comes after a pause
  ["owed", 1], ["storeFailed", 1],
  ["up", 1], ["faultOn", 1], ["fault2On", 1],
  // K1: the main pole, a contact travel under way, two contacts, the last command
  ["k1Open", 1], ["travel", 2], ["travelAge", 3], ["noOpen", 1], ["ncOpen", 1], ["k1Command", 1],
  // the bus: dead, fed, decaying
  ["bus", 2],
  // links: age of the last read, and the values that were read while the link is down
  ["deviceAge", 2], ["rNo", 1], ["rNc", 1], ["rGrid", 2], ["rBus", 1], ["rSync", 2],
  ["meterAge", 2], ["rMeter", 2],
  // stage 1
  ["role", 2], ["asked", 3], ["lag", 3], ["dog", 2], ["stageAge", 3], ["rRole", 2],
  // stage 2
  ["role2", 2], ["asked2", 3], ["lag2", 3], ["dog2", 2], ["stageAge2", 0], ["rRole2", 0],
  // monitors
  ["wrongGiving", 3], ["wrongGivingDirty", 1], ["formsClosed", 3], ["joined", 2],
] as const;
const layout = [...inputs, ...controller, ...plant] as const;

export type FieldName = (typeof layout)[number][0];
const fieldNames: readonly FieldName[] = layout.map(([name]) => name);
const fieldCount = layout.length;
export const inputCount = inputs.length;

/** Index of each field in a world. */
export const F = Object.fromEntries(layout.map(([name], index) => [name, index])) as Readonly<Record<FieldName, number>>;

/** The controller's words come first; the plant's follow. */
export const controllerWords = 2;
export const wordCount = 5;

/** Packed fields in the order of their words; those of word `k` are `order[wordStart[k]]` to `order[wordStart[k + 1] - 1]`. */
const order: number[] = [];
const wordStart = new Uint8Array(wordCount + 1);
const shiftOf = new Uint8Array(fieldCount);
const maskOf = new Uint8Array(fieldCount);
{
  const words: number[][] = Array.from({ length: wordCount }, () => []);
  const used = new Array<number>(wordCount).fill(0);
  const place = (part: readonly (readonly [FieldName, number])[], first: number, end: number): void => {
    // Widest first, so that the words fill up.
    for (const [name, bits] of [...part].sort((a, b) => b[1] - a[1])) {
      if (bits === 0) continue;
      const word = used.findIndex((taken, index) => index >= first && index < end && taken + bits <= 32);
      if (word < 0) throw new Error(`no room for ${name}: add a word`);
      words[word]!.push(F[name]);
      shiftOf[F[name]] = used[word]!;
      maskOf[F[name]] = (1 << bits) - 1;
      used[word]! += bits;
    }
  };
  place(controller, 0, controllerWords);
  place(plant, controllerWords, wordCount);
  for (const [index, fields] of words.entries()) {
    order.push(...fields);
    wordStart[index + 1] = order.length;
  }
}
const packed = new Uint8Array(order);

export type World = Uint8Array;
export const createWorld = (): World => new Uint8Array(fieldCount);

/** Packs words `first` to `end` − 1 of `world`. A value that does not fit is a mistake of the model. */
export function pack(world: World, words: Uint32Array, first: number, end: number): void {
  let excess = 0;
  for (let k = first; k < end; k++) {
    let word = 0;
    for (let i = wordStart[k]!; i < wordStart[k + 1]!; i++) {
      const field = packed[i]!;
      const value = world[field]!;
      word |= value << shiftOf[field]!;
      excess |= value & ~maskOf[field]!;
    }
    words[k] = word;
  }
  if (excess !== 0) throw new Error(`does not fit: ${fieldNames.filter((_, i) => packed.includes(i) && world[i]! > maskOf[i]!).map((name) => `${name} = ${world[F[name]]}`)}`);
}

/** Reads the packed words at `at`; inputs stay what they are. */
export function unpack(words: Uint32Array, at: number, world: World): void {
  for (let k = 0; k < wordCount; k++) {
    const word = words[at + k]!;
    for (let i = wordStart[k]!; i < wordStart[k + 1]!; i++) {
      const field = packed[i]!;
      world[field] = (word >>> shiftOf[field]!) & maskOf[field]!;
    }
  }
}

/**
 * One state of the explored world: small integers, packed into four 32-bit words. The first part is the controller's own
 * state in abstract ticks, the rest is the truth of the plant, the environment and what the monitors count.
 */

/** Name, bits; 0 bits is read anew in each tick and needs no memory. Order is free; a field never crosses a word. */
const layout = [
  // controller: its mode machine
  ["mode", 5], ["modeAge", 3], ["released", 1], ["releasedAge", 2], ["expected", 2], ["disagreements", 2],
  ["gridDeadAtStart", 1], ["intent", 2], ["starts", 2], ["blocked", 1], ["closePending", 1],
  ["hGood", 2], ["hOut", 2], ["hNotGood", 2], ["hRogue", 2], ["hContra", 3], ["hClosed", 2], ["hOpen", 2], ["hDead", 2],
  ["hNotDead", 3], ["hSync", 2], ["startedAge", 3],
  // the record on disk
  ["diskIntent", 2], ["diskStarts", 2], ["diskBlocked", 1],
  // environment
  ["up", 1], ["grid", 2], ["permit", 2], ["service", 1], ["latch", 1], ["wish", 1], ["reset", 1], ["sync", 1], ["noSource", 1], ["unbalanced", 1],
  ["fault", 6], ["faultOn", 1],
  // K1: the main pole, a stroke under way, two contacts, the last command
  ["k1Open", 1], ["stroke", 2], ["strokeAge", 3], ["noOpen", 1], ["ncOpen", 1], ["k1Command", 1],
  // the bus: dead, fed, decaying
  ["bus", 2],
  // links: age of the last read, and the values that were read while the link is down
  ["deviceAge", 2], ["rNo", 1], ["rNc", 1], ["rGrid", 2], ["rBus", 1], ["rSync", 1],
  ["meterAge", 2], ["rMeter", 2],
  // stage 1
  ["role", 2], ["asked", 3], ["lag", 3], ["dog", 2], ["stageAge", 3], ["rRole", 2],
  // stage 2
  ["role2", 2], ["asked2", 3], ["lag2", 3], ["dog2", 2], ["stageAge2", 0], ["rRole2", 0],
  // monitors
  ["wrongGiving", 3], ["wrongGivingDirty", 1], ["formsClosed", 3], ["joined", 2],
] as const;

export type FieldName = (typeof layout)[number][0];
export const fieldNames: readonly FieldName[] = layout.map(([name]) => name);
export const fieldCount = layout.length;
export const wordCount = 4;

/** Index of each field in a world. */
export const F = Object.fromEntries(layout.map(([name], index) => [name, index])) as Readonly<Record<FieldName, number>>;

const wordOf = new Uint8Array(fieldCount);
const shiftOf = new Uint8Array(fieldCount);
const maskOf = new Uint32Array(fieldCount);
{
  const used = new Array<number>(wordCount).fill(0);
  // Widest first, so that the words fill up.
  const order = layout.map((_, index) => index).sort((a, b) => layout[b]![1] - layout[a]![1]);
  for (const index of order) {
    const [name, bits] = layout[index]!;
    const word = used.findIndex((taken) => taken + bits <= 32);
    if (word < 0) throw new Error(`no room for ${name}`);
    wordOf[index] = word;
    shiftOf[index] = used[word]!;
    maskOf[index] = (1 << bits) - 1;
    used[word]! += bits;
  }
}

export type World = Uint8Array;
export const createWorld = (): World => new Uint8Array(fieldCount);

/** Packs `world` into four words at `at`. A value that does not fit is a mistake of the model. */
export function pack(world: World, words: Uint32Array, at: number): void {
  let w0 = 0;
  let w1 = 0;
  let w2 = 0;
  let w3 = 0;
  for (let i = 0; i < fieldCount; i++) {
    const value = world[i]!;
    if (value === 0) continue;
    if (value > maskOf[i]!) throw new Error(`${fieldNames[i]} = ${value} does not fit`);
    const bits = value << shiftOf[i]!;
    const word = wordOf[i]!;
    if (word === 0) w0 |= bits;
    else if (word === 1) w1 |= bits;
    else if (word === 2) w2 |= bits;
    else w3 |= bits;
  }
  words[at] = w0;
  words[at + 1] = w1;
  words[at + 2] = w2;
  words[at + 3] = w3;
}

export function unpack(words: Uint32Array, at: number, world: World): void {
  for (let i = 0; i < fieldCount; i++) world[i] = (words[at + wordOf[i]!]! >>> shiftOf[i]!) & maskOf[i]!;
}

/** Overwrites one field of a packed state. */
export function poke(words: Uint32Array, at: number, field: number, value: number): void {
  const word = at + wordOf[field]!;
  const shift = shiftOf[field]!;
  words[word] = (words[word]! & ~(maskOf[field]! << shift)) | (value << shift);
}

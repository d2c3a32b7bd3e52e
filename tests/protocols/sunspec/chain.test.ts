import { describe, expect, test } from "vitest";
import { err, ok } from "../../../src/domain/result.ts";
import {
  baseAddresses,
  chainModelsMax,
  type RegisterReader,
  readModel,
  scaledNumberOf,
  scaleOf,
  textOf,
  walkChain,
} from "../../../src/protocols/sunspec/chain.ts";
import { sunspecModel } from "../../../src/protocols/sunspec/models.ts";
import { RegisterFace } from "../../../src/protocols/sunspec/register-face.ts";

const model = (id: number, counts?: Record<string, number>) =>
  counts === undefined ? { table: sunspecModel(id)! } : { table: sunspecModel(id)!, counts };

/** Reads from registers that begin at `start`; everything else is an exception. */
const reader =
  (bytes: Buffer, start: number): RegisterReader =>
  async (address, count) => {
    const from = 2 * (address - start);
    if (from < 0 || from + 2 * count > bytes.length) return err("exception");
    return ok(bytes.subarray(from, from + 2 * count));
  };
const words = (...numbers: number[]): Buffer => {
  const bytes = Buffer.alloc(2 * numbers.length);
  for (const [i, number] of numbers.entries()) bytes.writeUInt16BE(number, 2 * i);
  return bytes;
};
const marker = [0x5375, 0x6e53];

describe("walking the chain", () => {
  for (const base of baseAddresses) {
    test(`a map at ${base} → found, models in their order`, async () => {
      const face = new RegisterFace([model(1), model(713), model(701)], base);
      const chain = await walkChain(reader(face.bytes, base));
      expect(chain).toMatchObject({
        ok: true,
        value: { baseAddress: base, entries: [{ id: 1, address: base + 2, length: 66 }, { id: 713 }, { id: 701 }] },
      });
    });
  }

  const cases: readonly (readonly [string, Buffer, string])[] = [
    ["no marker anywhere", words(1, 2, 3, 4), "no-sunspec"],
    ["no end, registers stop", words(...marker, 1, 2, 0, 0), "chain-unreadable"],
    ["a model of no length", words(...marker, 1, 0, 0xffff, 0), "chain-broken"],
    ["identifier 0", words(...marker, 0, 4, 0, 0, 0, 0, 0xffff, 0), "chain-broken"],
    ["an impossible length", words(...marker, 1, 60_000, 0xffff, 0), "chain-broken"],
  ];
  for (const [name, bytes, fault] of cases) {
    test(`${name} → ${fault}`, async () => {
      expect(await walkChain(reader(bytes, 40_000))).toMatchObject({ ok: false, error: { fault } });
    });
  }

  test("models that nobody knows → skipped by their length", async () => {
    const bytes = words(...marker, 64_777, 3, 9, 9, 9, 15, 1, 7, 0xffff, 0);
    expect(await walkChain(reader(bytes, 40_000))).toMatchObject({
      ok: true,
      value: {
        entries: [
          { id: 64_777, address: 40_002, length: 3 },
          { id: 15, address: 40_007, length: 1 },
        ],
      },
    });
  });

  test("a chain that never ends → given up after a bounded number of models", async () => {
    let reads = 0;
    const endless: RegisterReader = async (address) => {
      reads += 1;
      return ok(address === 40_000 ? words(...marker) : words(700, 2));
    };
    expect(await walkChain(endless)).toMatchObject({ ok: false, error: { fault: "chain-without-end" } });
    expect(reads).toBeLessThanOrEqual(chainModelsMax + 1);
  });

  test("a chain of long models → given up at the last register", async () => {
    const long: RegisterReader = async (address) => ok(address === 40_000 ? words(...marker) : words(700, 2_000));
    expect(await walkChain(long)).toMatchObject({ ok: false, error: { fault: "chain-without-end" } });
  });
});

describe("chains as they are found in the field", () => {
  const model = [64_777, 1, 9];
  for (const [name, bytes] of [
    ["0xFFFF and no length: the last register there is", words(...marker, ...model, 0xffff)],
    ["a single 0x0000", words(...marker, ...model, 0)],
    ["0x0000 and a length", words(...marker, ...model, 0, 0)],
    ["0x0000 and whatever follows", words(...marker, ...model, 0, 17, 3)],
  ] as const) {
    test(`ends with ${name} → read to its end`, async () => {
      expect(await walkChain(reader(bytes, 40_000))).toMatchObject({ ok: true, value: { entries: [{ id: 64_777 }] } });
    });
  }

  test("without an end, behind two models nothing → read to its end; behind the common model alone → unreadable", async () => {
    const ends =
      (bytes: Buffer): RegisterReader =>
      async (address, count) => {
        const answer = await reader(bytes, 40_000)(address, count);
        return answer.ok ? answer : err("exception 2");
      };
    expect(await walkChain(ends(words(...marker, 1, 1, 9, ...model)))).toMatchObject({
      ok: true,
      value: { entries: [{ id: 1 }, { id: 64_777 }] },
    });
    expect(await walkChain(ends(words(...marker, 1, 1, 9)))).toMatchObject({
      ok: false,
      error: { fault: "chain-unreadable" },
    });
  });

  test("its marker was seen before → asked there first, and elsewhere when it has moved", async () => {
    const bytes = words(...marker, ...model, 0xffff, 0);
    const asked: number[] = [];
    const at =
      (base: number): RegisterReader =>
      async (address, count) => {
        asked.push(address);
        const answer = await reader(bytes, base)(address, count);
        return answer.ok ? answer : err("exception 2");
      };
    const seen = {};
    expect(await walkChain(at(50_000), seen)).toMatchObject({ ok: true, value: { baseAddress: 50_000 } });
    expect(asked).toContain(40_000);
    asked.length = 0;
    expect(await walkChain(at(50_000), seen)).toMatchObject({ ok: true });
    expect(Math.min(...asked)).toBe(50_000);
    expect(await walkChain(at(0), seen)).toMatchObject({ ok: true, value: { baseAddress: 0 } });
  });

  test("no Modbus at this port, a web page for example → asked once, not at every address", async () => {
    const asked: number[] = [];
    const web = await walkChain(async (address) => {
      asked.push(address);
      return err("wrong-protocol");
    });
    expect(web).toMatchObject({ ok: false, error: { fault: "chain-unreadable" } });
    expect(asked).toEqual([40_000]);
  });

  test("nothing there, by exceptions → what to check is said", async () => {
    const gateway = await walkChain(async () => err("exception 11"));
    expect(gateway).toMatchObject({ ok: false, error: { detail: expect.stringContaining("check unitId") } });
    const other = await walkChain(async () => err("exception 2"));
    expect(other).toMatchObject({
      ok: false,
      error: { detail: expect.stringContaining("register 40000: exception 2") },
    });
  });
});

describe("reading a model", () => {
  const entryOf = async (face: RegisterFace, id: number) => {
    const chain = await walkChain(reader(face.bytes, 40_000));
    if (!chain.ok) throw new Error(chain.error.fault);
    return chain.value.entries.find((entry) => entry.id === id)!;
  };

  test("repeats come from the device, values are scaled, texts are texts", async () => {
    const face = new RegisterFace([model(1), model(714, { NPrt: 2 })]);
    face.setText(1, "SN", "S-77");
    face.setAll(714, { DCV_SF: -1, NPrt: 2 });
    face.set(714, "Prt[2].DCV", 651.4);
    const image = await readModel(reader(face.bytes, 40_000), await entryOf(face, 714), sunspecModel(714)!);
    const common = await readModel(reader(face.bytes, 40_000), await entryOf(face, 1), sunspecModel(1)!);
    if (!image.ok || !common.ok) throw new Error("unreadable");
    expect(scaledNumberOf(image.value, "Prt[2].DCV")).toBeCloseTo(651.4, 9);
    expect(textOf(common.value, "SN")).toBe("S-77");
  });

  for (const [name, factor] of [
    ["not implemented", Number.NaN],
    ["11", 11],
    ["-11", -11],
  ] as const) {
    test(`a scale factor that is ${name} → no scale`, async () => {
      const face = new RegisterFace([model(1), model(713)]);
      face.set(713, "SoC", 50);
      const at = 2 * (face.address(713, "Pct_SF") - 40_000);
      face.bytes.writeInt16BE(Number.isNaN(factor) ? -0x8000 : factor, at);
      const image = await readModel(reader(face.bytes, 40_000), await entryOf(face, 713), sunspecModel(713)!);
      if (!image.ok) throw new Error("unreadable");
      expect(scaleOf(image.value, "SoC")).toBeNaN();
      expect(scaledNumberOf(image.value, "SoC")).toBeNaN();
    });
  }

  for (const [id, length, last, gone] of [
    [1, 65, "DA", "Pad"],
    [203, 103, "TotVArh_SF", "Evt"],
    [203, 21, "W_SF", "VA"],
  ] as const) {
    test(`model ${id} of length ${length}, shorter than its points → read as far as it goes, ${gone} is not there`, async () => {
      const face = new RegisterFace([model(1), model(id === 1 ? 713 : id)]);
      const entry = { ...(await entryOf(face, id)), length };
      const image = await readModel(reader(face.bytes, 40_000), entry, sunspecModel(id)!);
      if (!image.ok) throw new Error(image.error.detail);
      expect(image.value.layout.byPath.has(last)).toBe(true);
      expect(image.value.layout.byPath.has(gone)).toBe(false);
    });
  }

  for (const id of [701, 213, 802]) {
    test(`model ${id} from a device of few registers that refuses to cut a value → no cut inside a point`, async () => {
      const face = new RegisterFace([model(1), model(id)]);
      const { points } = face.layout(id);
      const entry = await entryOf(face, id);
      const asked: (readonly number[])[] = [];
      const read: RegisterReader = async (address, count, cuts) => {
        if (count > 2) asked.push(cuts ?? []);
        return reader(face.bytes, 40_000)(address, count);
      };
      const image = await readModel(read, entry, sunspecModel(id)!);
      expect(image.ok).toBe(true);
      expect(asked).toEqual([points.map(({ offset }) => offset)]);
    });
  }

  test("more repeats than the model's length holds → chain-broken", async () => {
    const face = new RegisterFace([model(1), model(714, { NPrt: 1 })]);
    face.bytes.writeUInt16BE(5, 2 * (face.address(714, "NPrt") - 40_000));
    const entry = await entryOf(face, 714);
    expect(await readModel(reader(face.bytes, 40_000), entry, sunspecModel(714)!)).toMatchObject({
      ok: false,
      error: { fault: "chain-broken" },
    });
  });
});

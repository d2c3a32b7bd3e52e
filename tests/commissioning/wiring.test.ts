/** Wiring of current transformers: every wrong connection is found, a right one never called wrong, with noise and a building. */
import { describe, expect, test } from "vitest";
import { createMeterFace } from "../../sim/peers/register-faces-site.ts";
import { Random } from "../../sim/random.ts";
import type { Connection, PhasePowers } from "../../src/commissioning/wiring.ts";
import { allConnections, findWiring, isRight, type Nudge, shownStep } from "../../src/commissioning/wiring.ts";
import { Hand, smallWorld } from "../sim/worlds.ts";

interface Sketch {
  readonly connection: Connection;
  readonly stepW?: (index: number) => readonly number[];
  readonly noiseW?: number;
  /** Steps of the building between the two looks, W. */
  readonly buildingW?: number;
  readonly gain?: number;
  readonly withVar?: boolean;
  readonly count?: number;
}

const balanced = (index: number): readonly number[] => {
  const stepW = index % 2 === 0 ? 2_000 : -2_000;
  return [stepW, stepW, stepW];
};

/** Looks before and after each step, of a meter that is connected like this. */
function nudgesOf(sketch: Sketch, seed: number): Nudge[] {
  const random = new Random(seed).stream("wiring");
  const { connection, stepW = balanced, noiseW = 0, buildingW = 0, gain = 1, withVar = true, count = 8 } = sketch;
  const normal = (): number => random.between(-1, 1) + random.between(-1, 1) + random.between(-1, 1);
  const phases = connection.conductor.length;
  const buildingNow = new Array(phases).fill(3_000) as number[];
  return Array.from({ length: count }, (_, i) => {
    const look = (extraW: readonly number[]): PhasePowers => {
      const loads = buildingNow.map((loadW, phase) => loadW + extraW[phase]!);
      const { phaseW, totalVar } = shownStep(connection, loads);
      return {
        phaseW: phaseW.map((powerW) => gain * powerW + noiseW * normal()),
        totalVar: withVar ? gain * totalVar + noiseW * normal() : Number.NaN,
      };
    };
    const before = look(new Array(phases).fill(0));
    for (let phase = 0; phase < phases; phase++) buildingNow[phase]! += buildingW * normal();
    return { stepW: stepW(i), before, after: look(stepW(i)) };
  });
}

describe("three phases", () => {
  for (const [name, noiseW, buildingW] of [
    ["quiet", 0, 0],
    ["noise of 5 % of the step", 100, 0],
    ["noise, and a building that moves by an eighth of the step each time", 60, 250],
  ] as const) {
    test(`${name}: each of the 48 connections is found as it is, in 20 trials`, () => {
      const missed: string[] = [];
      for (const connection of allConnections(3)) {
        for (let seed = 1; seed <= 20; seed++) {
          const found = findWiring(nudgesOf({ connection, noiseW, buildingW }, seed), 3);
          const same = JSON.stringify(found.fits[0]) === JSON.stringify(connection);
          const verdict = isRight(connection) ? "right" : "wrong";
          if (found.verdict !== verdict || !same || found.fits.length > 1)
            missed.push(`${JSON.stringify(connection)} seed ${seed}: ${found.verdict}, ${found.sentence}`);
        }
      }
      expect(missed).toEqual([]);
    });
  }

  test("without reactive power every wrong one is still called wrong, and the right one right", () => {
    for (const connection of allConnections(3)) {
      const found = findWiring(nudgesOf({ connection, noiseW: 40, withVar: false }, 1), 3);
      expect(found.verdict, JSON.stringify(connection)).toBe(isRight(connection) ? "right" : "wrong");
      expect(found.fits.map((one) => JSON.stringify(one))).toContain(JSON.stringify(connection));
      expect(found.fits.length).toBeLessThan(3);
    }
  });

  test("a building that moves more than the nudges → undecided, never a verdict", () => {
    const [right] = allConnections(3);
    for (let seed = 1; seed <= 50; seed++) {
      const found = findWiring(nudgesOf({ connection: right!, buildingW: 6_000 }, seed), 3);
      expect(found.verdict, `seed ${seed}: ${found.sentence}`).toBe("undecided");
    }
  });

  test("steps on one phase alone tell of that phase only", () => {
    const [right] = allConnections(3);
    const found = findWiring(nudgesOf({ connection: right!, stepW: (i) => [i % 2 ? -3_000 : 3_000, 0, 0] }, 1), 3);
    expect(found.verdict).toBe("undecided");
    const turned = { conductor: [0, 1, 2], sign: [-1, 1, 1] } as const;
    expect(
      findWiring(nudgesOf({ connection: turned, stepW: (i) => [i % 2 ? -3_000 : 3_000, 0, 0] }, 1), 3).verdict,
    ).toBe("wrong");
  });

  test("transformers of twice the ratio → told as such", () => {
    const [right] = allConnections(3);
    const found = findWiring(nudgesOf({ connection: right!, gain: 0.5, noiseW: 30 }, 1), 3);
    expect(found).toMatchObject({ verdict: "wrong" });
    expect(found.sentence).toMatch(/0\.(49|50|51) W for each watt: check the ratio/);
  });

  test("no step reached the meter → undecided", () => {
    expect(findWiring([], 3).verdict).toBe("undecided");
  });
});

describe("through the registers of a simulated meter", () => {
  test("each of the 48 connections is found as it is, with a stage of 60 kW that is nudged by a tenth", () => {
    const world = smallWorld({ building: { flicker: 0.01 } });
    const hand = new Hand(world);
    const faces = allConnections(3).map(({ conductor, sign }) => ({
      connection: { conductor, sign },
      face: createMeterFace(world.meter, { wiring: conductor.map((from, i) => ({ conductor: from, sign: sign[i]! })) }),
    }));
    const looks = (): { phases: PhasePowers[]; stageW: number } => {
      const phases = faces.map(({ face }) => {
        face.read(face.baseAddress, face.bytes.length / 2, Buffer.alloc(face.bytes.length), 0);
        const read = (point: string): number => face.get(213, point);
        return { phaseW: [read("WphA"), read("WphB"), read("WphC")], totalVar: read("VAR") };
      });
      return { phases, stageW: world.stages[0]!.truePowerW };
    };
    const nudges = faces.map((): Nudge[] => []);
    hand.command(0, { powerW: 6_000 });
    hand.wait(4_000);
    for (let i = 0; i < 8; i++) {
      const before = looks();
      hand.command(0, { powerW: i % 2 === 0 ? 12_000 : 6_000 });
      hand.wait(1_500);
      const after = looks();
      const stepW = (after.stageW - before.stageW) / 3;
      faces.forEach((_, k) => {
        nudges[k]!.push({ stepW: [stepW, stepW, stepW], before: before.phases[k]!, after: after.phases[k]! });
      });
    }
    const missed = faces.flatMap(({ connection }, k) => {
      const found = findWiring(nudges[k]!, 3);
      const asItIs = JSON.stringify(found.fits) === JSON.stringify([connection]);
      const verdict = isRight(connection) ? "right" : "wrong";
      return asItIs && found.verdict === verdict ? [] : [`${JSON.stringify(connection)}: ${found.sentence}`];
    });
    expect(missed).toEqual([]);
  });
});

describe("a split-phase service", () => {
  test("a reversed transformer is found; both right → right", () => {
    const stepW = (i: number): readonly number[] => (i % 2 ? [-2_000, -2_000] : [2_000, 2_000]);
    for (const connection of allConnections(2)) {
      const found = findWiring(nudgesOf({ connection, stepW, noiseW: 40 }, 1), 2);
      const shown = shownStep(connection, [1, 1]).phaseW;
      const showsRight = shown.every((powerW) => powerW > 0);
      // Both swapped and both turned show the same as right in every power: nothing can tell them apart, and nothing needs to.
      if (!showsRight) expect(found.verdict, JSON.stringify(connection)).toBe("wrong");
      else expect(found.verdict).toBe("right");
    }
  });
});

/** Random interleavings, as many as fit into a test run; the whole proof is `npm run -s bench -- interleavings`. */
import { describe, expect, test } from "vitest";
import { InterleavedSite, kindOf, type Story, storiesPerSite } from "../../sim/proofs/interleavings.ts";
import { shrink } from "../../sim/proofs/shrink.ts";
import { proofSites } from "../../sim/proofs/sites.table.ts";
import { startIslet } from "../../sim/story/islet-controller.ts";
import type { StartController } from "../../sim/story/site.ts";

const tell = (site: InterleavedSite, stories: number): Story[] =>
  Array.from({ length: stories }, (_, number) => site.tell(number));

describe("random interleavings of grid, contacts, devices and commands", () => {
  test.each([...proofSites])(
    "at the $name site: two sources never meet out of step, a dead grid is never fed",
    (at) => {
      const stories = [1, 2].flatMap((seed) => tell(new InterleavedSite(seed, { at }), storiesPerSite));
      expect(stories.filter(({ broken }) => broken.length > 0)).toEqual([]);
      expect(new Set(stories.map(kindOf)).size).toBeGreaterThan(0.8 * stories.length);
    },
  );

  test("a seed tells the same stories again", () => {
    const told = () => tell(new InterleavedSite(11), 4);
    expect(told()).toEqual(told());
  });
});

describe("a controller that closes K1 onto its own island", () => {
  /** Islet's own control cycle, but for one thing: when the grid is there it closes K1 at once. */
  const hasty: StartController = (boot) => {
    const islet = startIslet(boot);
    let sequence = 100;
    return {
      step(snapshot, nowMs) {
        const commands = islet.step(snapshot, nowMs);
        const forms = commands.stages.some(({ role }) => role === "forming");
        if (forms && snapshot.transferDevice.gridVoltagePu > 0.9) {
          commands.transferDevice = "close";
          commands.closeSequence = sequence++;
        }
        return commands;
      },
      get mode() {
        return islet.mode ?? "";
      },
    };
  };

  test("is found out, and the story is narrowed down", () => {
    const options = { start: hasty };
    const all = [1, 2, 3, 4].flatMap((seed) => tell(new InterleavedSite(seed, options), 8));
    const broken = all.find((story) => story.broken.includes("two-sources-unsynchronized"))!;
    expect(broken).toBeDefined();
    const { told, stories } = shrink(broken, options);
    expect(told.at(-1)!.broken[0]).toBe(broken.broken[0]);
    expect(stories.length).toBeLessThanOrEqual(broken.number + 1);
  });
});

/** The flight recorder through the product: what `islet run` did is replayed identically, also after it was killed. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readAsked } from "../../src/app/recorder/files/asked-files.ts";
import { keptFiles } from "../../src/app/recorder/files/kept-files.ts";
import { ticksFolder } from "../../src/app/recorder/files/recording-store.ts";
import { until } from "./site/judge.ts";
import { runIslet } from "./site/process.ts";
import { withProduct } from "./site/with-product.ts";

const patienceMs = 240_000;
/** The first ticks reach the disk some seconds after the start; a busy machine takes its time. */
const writtenWithinMs = 60_000;

it(
  "recorder.enabled: a service that is killed leaves a recording that replays identically and explains its setpoints",
  () =>
    withProduct({}, async (product) => {
      const state = product.stateDir;
      expect(await product.reached("loadOnly")).toBe(true);
      const written = (): number => keptFiles(ticksFolder(state)).reduce((sum, { bytes }) => sum + bytes, 0);
      const hasTicks = (): boolean => written() > 0 && readAsked(state).blocks.some(({ pieces }) => pieces.length > 0);
      expect(await until(hasTicks, writtenWithinMs, 500)).toBe(true);
      product.process.signal("SIGKILL");
      await product.process.ended;

      const replayed = await runIslet(["replay", state, "--json"], 60_000);
      expect(JSON.parse(replayed.out)).toMatchObject({
        identical: true,
        firstDifference: null,
        differingThen: 0,
        gaps: [],
      });
      const { ticks } = JSON.parse(replayed.out) as { ticks: number };
      expect(ticks).toBeGreaterThan(50);
      expect(replayed.code).toBe(0);

      const lastMs = readAsked(state).blocks.at(-1)!.pieces.at(-1)!.toMs;
      const then = ["explain", "1", "--at", new Date(lastMs).toISOString(), "--recording", state];
      const explained = await runIslet(then, 60_000);
      expect(explained.out).toMatch(/: mode loadOnly \(row .*\)\.\n/);
      expect(explained.out).toMatch(
        /EVSE 1: requests .* gets .*, commanded .*; it measured .*\n[\s\S]*The power stage's rating/,
      );

      const page = join(product.folder, "page.html");
      const whatIf = await runIslet(["replay", state, "--what-if", "pcc.importLimitW=1000", "--html", page], 60_000);
      expect(whatIf.out).toMatch(/pccLimits\.importLimitW was \d+, would have been 1000/);
      rmSync(page);
    }),
  patienceMs,
);

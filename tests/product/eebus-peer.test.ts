/**
 * `islet run` before an independent control box: a guard on enbility/eebus-go. Run by hand, with `peers/eebus-guard.go` built in a
 * checkout of that library: `EEBUS_GUARD=/path/to/guard npx vitest run tests/product/eebus-peer.test.ts`. Takes seven minutes,
 * because the use case's times are waited for.
 */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "./site/ports.ts";
import { runIslet } from "./site/process.ts";
import { type Product, startProduct } from "./site/product.ts";
import { soon } from "./site/sites.ts";

const program = process.env["EEBUS_GUARD"] ?? "";

describe.skipIf(program === "")("an independent control box over EEBUS", () => {
  const folder = mkdtempSync(join(tmpdir(), "islet-eebus-"));
  let product: Product;
  let box: ChildProcessWithoutNullStreams;
  const said: string[] = [];
  const powerW = (): number => product.plant.stages.reduce((sum, stage) => sum + stage.powerW, 0);
  const holds = (wantedW: number, withinMs = 60_000): Promise<void> =>
    soon(product, `${wantedW} W`, () => Math.abs(powerW() - wantedW) < 150, withinMs);
  const charges = (): Promise<void> => soon(product, "charges freely", () => powerW() > 9_000);
  const tell = (line: string): void => void box.stdin.write(`${line}\n`);
  const hears = (pattern: RegExp): Promise<void> =>
    soon(product, `the box hears ${pattern}`, () => said.some((line) => pattern.test(line)));
  async function tookMs(run: () => Promise<void>): Promise<number> {
    const fromMs = performance.now();
    await run();
    return performance.now() - fromMs;
  }

  beforeAll(async () => {
    const port = await freePort();
    const boxSki = execFileSync(program, ["ski", folder], { encoding: "utf8" }).trim();
    product = await startProduct({
      plant: { stages: [{ maxChargeW: 11_000, maxDischargeW: 11_000 }], buildingW: 1_000 },
      config: {
        links: { eebus: { port: 0, guards: [{ ski: boxSki, name: "Box", address: `127.0.0.1:${port}` }] } },
      },
    });
    const { out } = await runIslet(["eebus", "ski", "--config", product.configFile]);
    box = spawn(program, ["run", folder, String(port), out.trim()]);
    createInterface(box.stdout).on("line", (line) => void said.push(line));
    box.stderr.pipe(process.stderr);
  });
  afterAll(async () => {
    box?.kill();
    await product?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("pairs, and finds all four scenarios; the fail-safe limit holds until it speaks", async () => {
    await holds(4_200);
    await hears(/^connected \[1 2 3 4\]/);
  });

  it("4.2 kW are held within 100 W in the mean of a minute", async () => {
    tell("limit 4200 0");
    await hears(/^accepted/);
    await holds(4_200);
    const fromMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 60_000));
    const moments = product.plant.moments.filter(({ atMs }) => atMs >= fromMs);
    const meanW = moments.reduce((sum, { pccW }) => sum + pccW, 0) / moments.length - 1_000;
    console.log(
      `mean of a minute: ${meanW.toFixed(1)} W, least ${Math.min(...moments.map(({ pccW }) => pccW)) - 1_000} W`,
    );
    expect(Math.abs(meanW - 4_200)).toBeLessThan(100);
  });

  it("a limit of 0 W is 4.2 kW, never none; a negative one is refused", async () => {
    tell("limit 0 0");
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(Math.abs(powerW() - 4_200)).toBeLessThan(150);
    tell("limit -4200 0");
    await hears(/^rejected 7/);
  });

  it("released: charging comes back within 5 s", async () => {
    tell("release");
    const ms = await tookMs(() => soon(product, "more than 4.5 kW", () => powerW() > 4_500));
    console.log(`release: more power after ${Math.round(ms)} ms`);
    expect(ms).toBeLessThan(5_000);
    await charges();
  });

  it("its heartbeat stops: the fail-safe limit within 125 s; it is back and states none: charging comes back", async () => {
    tell("release");
    await charges();
    tell("heartbeat off");
    await hears(/^heartbeat off/);
    const ms = await tookMs(() => holds(4_200, 200_000));
    console.log(`fail-safe: ${(ms / 1_000).toFixed(1)} s after the heartbeat was stopped`);
    expect(ms).toBeLessThan(125_000);
    // The library sends the first one 58 s after it was told to; what was stated before it counts from then on.
    tell("heartbeat on");
    tell("release");
    const backMs = await tookMs(() => soon(product, "charges freely", () => powerW() > 9_000, 100_000));
    console.log(`return: ${(backMs / 1_000).toFixed(1)} s after the heartbeat was started`);
  });

  it("the box is killed and comes back: the limit holds over it", async () => {
    tell("limit 6000 3600");
    await holds(6_000);
    tell("failsafe 5000 7200");
    await hears(/^failsafe sent/);
    tell("production -2000");
    await hears(/^production accepted/);
    box.kill("SIGKILL");
    const ms = await tookMs(() => holds(5_000, 200_000));
    console.log(`fail-safe: ${(ms / 1_000).toFixed(1)} s after the box was killed`);
    expect(ms).toBeLessThan(125_000);
  });
});

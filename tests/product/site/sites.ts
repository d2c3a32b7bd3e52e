/** Several sites of one test file, up at the same time, and what to say when one does not do what it should. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { longestStallMs } from "../../lib/standstill.ts";
import { until } from "./judge.ts";
import { type Product, type ProductOptions, startProduct } from "./product.ts";

/** Sites that are made at the same time: each keeps a core busy for a second or two. */
const atOnce = 2;

/** A site that did not come up: whoever asks anything of it hears why, and the tests of the others go on. */
const absent = (reason: unknown): Product =>
  new Proxy({} as Product, {
    get(_, name) {
      if (name === "stop") return () => Promise.resolve();
      // So that a promise may carry it.
      if (name === "then") return undefined;
      throw reason;
    },
  });

export async function startSites<N extends string>(
  sites: Readonly<Record<N, ProductOptions>>,
): Promise<Record<N, Product>> {
  const up = {} as Record<N, Product>;
  const names = Object.keys(sites) as N[];
  const lane = async (): Promise<void> => {
    for (let name = names.shift(); name !== undefined; name = names.shift())
      up[name] = await startProduct(sites[name]).catch(absent);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return up;
}

export const stopSites = (up: Readonly<Record<string, Product>> | undefined): Promise<unknown> =>
  Promise.all(Object.values(up ?? {}).map((product) => product.stop()));

/** What a site looks like now, for the message of a test that failed. */
async function lookOf(product: Product): Promise<string> {
  const { plant } = product;
  const lines = [
    `mode ${product.mode()}, PCC ${Math.round(plant.moments.at(-1)?.pccW ?? Number.NaN)} W, stages ${plant.stages.map(({ powerW }) => Math.round(powerW)).join(", ")} W`,
  ];
  try {
    const { evses, health } = await product.state();
    const devices = health.devices.map(({ name, state, ageMs }) => `${name} ${state} ${ageMs} ms`);
    lines.push(`meter ${health.meterQuality}; ${devices.join(", ")}`);
    for (const { evse, limits } of evses)
      lines.push(
        `EVSE ${evse}: ${limits
          .filter(({ binds }) => binds)
          .map(({ reason, minW, maxW }) => `${reason} ${minW}…${maxW}`)
          .join(", ")}`,
      );
  } catch (failure) {
    lines.push(String(failure));
  }
  const nowMs = performance.now();
  lines.push(
    `this process stood still for ${Math.round(longestStallMs(nowMs - 60_000))} ms at most in the last minute`,
  );
  const ago = (atMs: number): string => `${((nowMs - atMs) / 1_000).toFixed(1)} s ago: `;
  return [...lines, ...product.log.slice(-20).map(({ atMs, text }) => `${ago(atMs)}${text}`)].join("\n");
}

/**
 * Waits until something holds; fails with the look of the site when it does not in time. The time is for a machine that is
 * busy with other things, and no part of what is shown.
 */
export async function soon(
  product: Product,
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 40_000,
): Promise<void> {
  if (await until(holds, withinMs)) return;
  throw new Error(`not within ${withinMs} ms: ${what}\n${await lookOf(product)}`);
}

/** It stays true for a while. */
export async function stays(product: Product, what: string, holds: () => boolean, forMs: number): Promise<void> {
  if (await until(() => !holds(), forMs, 50)) throw new Error(`no longer true: ${what}\n${await lookOf(product)}`);
}

/** Every stage has been tried and may be used: only then it gets power, and only then it may form an island. */
export const stagesUsed = (product: Product): Promise<void> =>
  soon(product, "every stage is used", () =>
    product.stages.every((_, stage) => product.setpointsW(stage).some(({ value }) => value > 0)),
  );

/** The lockout is on the disk: before, a kill would take it along. */
export const lockoutStored = (product: Product, folder: string = product.stateDir): Promise<void> =>
  soon(product, "the lockout is stored", () => {
    const file = join(folder, "intent.json");
    return (
      statSync(file, { throwIfNoEntry: false })?.isFile() === true &&
      readFileSync(file, "utf8").includes('"intent":"locked"')
    );
  });

/** What the controller has said of its own standstills, and what this process saw of its own: the longest since `fromMs`, ms. */
export const stoodStillMs = (product: Product, fromMs: number): number =>
  Math.max(
    longestStallMs(fromMs),
    ...product.log
      .filter(({ atMs, fields }) => atMs >= fromMs && typeof fields["longestMs"] === "number")
      .map(({ fields }) => Number(fields["longestMs"])),
  );

const trialsMax = 5;

/**
 * A trial that shows something only while the emulated devices go on by themselves. One that fails and in which their process
 * stood still for `disturbedMs` or more has shown nothing of the controller: it is made again.
 */
export async function undisturbed(disturbedMs: number, trial: () => Promise<void>): Promise<void> {
  for (let made = 1; ; made += 1) {
    const fromMs = performance.now();
    try {
      return await trial();
    } catch (failure) {
      const longestMs = longestStallMs(fromMs);
      if (made === trialsMax || longestMs < disturbedMs) throw failure;
      console.warn(`The devices stood still for ${Math.round(longestMs)} ms: tried again.`);
    }
  }
}

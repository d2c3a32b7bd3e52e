/** Several sites of one test file, up at the same time, and what to say when one does not do what it should. */
import { until } from "./judge.ts";
import { type Product, type ProductOptions, startProduct } from "./product.ts";

export async function startSites<N extends string>(
  sites: Readonly<Record<N, ProductOptions>>,
): Promise<Record<N, Product>> {
  const up = {} as Record<N, Product>;
  // One start after the other: each takes seconds of a core.
  for (const name of Object.keys(sites) as N[]) up[name] = await startProduct(sites[name]);
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
    lines.push(`meter ${health.meterQuality}`);
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
  return [...lines, ...product.log.slice(-15).map(({ text }) => text)].join("\n");
}

/** Waits until something holds; fails with the look of the site when it does not in time. */
export async function soon(
  product: Product,
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 20_000,
): Promise<void> {
  if (await until(holds, withinMs, 100)) return;
  throw new Error(`not within ${withinMs} ms: ${what}\n${await lookOf(product)}`);
}

/** It stays true for a while. */
export async function stays(product: Product, what: string, holds: () => boolean, forMs: number): Promise<void> {
  if (await until(() => !holds(), forMs, 50)) throw new Error(`no longer true: ${what}\n${await lookOf(product)}`);
}

/**
 * `islet run` before an independent backend of OCPP 2.1: the Python library of mobilityhouse/ocpp, which judges every message
 * by the published schemas. Run by hand, `OCPP_PYTHON=python3 npx vitest run tests/product/ocpp21-peer.test.ts` with `ocpp` and
 * `websockets` installed: a test run fetches no packages of Python.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { type Product, startProduct } from "./site/product.ts";

const python = process.env["OCPP_PYTHON"] ?? "";
const script = join(import.meta.dirname, "peers", "backend21.py");

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Starts the backend; its port, and its checks once it has ended. */
async function startPeer(
  way: string,
): Promise<{ port: number; peer: ChildProcessWithoutNullStreams; ended: Promise<Check[]> }> {
  const peer = spawn(python, [script, way]);
  peer.stderr.pipe(process.stderr);
  const lines = createInterface(peer.stdout);
  const checks: Check[] = [];
  const port = await new Promise<number>((resolve) => lines.once("line", (line) => resolve(Number(line))));
  lines.on("line", (line) => void checks.push(JSON.parse(line) as Check));
  const ended = new Promise<Check[]>((resolve) => peer.once("close", () => resolve(checks)));
  return { port, peer, ended };
}

describe.skipIf(python === "")("an independent backend of 2.1 drives blocks Q and R", () => {
  it.each(["with-permit", "without-permit"])(
    "%s: nothing is refused that is allowed, nor the other way, and no schema is broken",
    async (way) => {
      const { port, peer, ended } = await startPeer(way);
      let product: Product | null = null;
      try {
        product = await startProduct({
          plant: { stages: [{}], buildingW: 20_000 },
          ...(way === "with-permit" && { permit: { mode: "parallel-export", exportLimitW: 200_000 } }),
          config: { backend: { url: `ws://127.0.0.1:${port}`, identity: "PRODUCT-21" } },
        });
        const checks = await ended;
        const failed = checks.filter(({ ok }) => !ok);
        console.log(
          `${way}: ${checks.length} checks, ${failed.length} failed`,
          checks.find(({ name }) => name.includes("1 s")),
        );
        expect(failed).toEqual([]);
        expect(checks.length).toBeGreaterThan(40);
        const given = Math.min(...product.plant.moments.map(({ pccW }) => pccW));
        if (way === "without-permit") expect(given).toBeGreaterThan(-100);
      } finally {
        peer.kill();
        await product?.stop();
      }
    },
  );
});

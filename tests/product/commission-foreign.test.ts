/** `islet commission` before devices of other makers, with physics that share nothing with the simulator's. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { isletFile } from "../lib/islet-file.ts";
import { type ProductOptions, startProduct } from "./site/product.ts";

interface Told {
  readonly steps: readonly {
    readonly step: string;
    readonly findings: readonly { readonly verdict: string; readonly device: string; readonly sentence: string }[];
  }[];
}

/** One line for each finding. */
async function commission(options: ProductOptions, steps: readonly string[]): Promise<string[]> {
  const product = await startProduct({ ...options, waits: true });
  try {
    const args = ["commission", product.configFile, "--yes", "--json", ...steps.flatMap((step) => ["--step", step])];
    const child = spawn(process.execPath, [isletFile, ...args], {
      cwd: product.folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    let errors = "";
    child.stdout.on("data", (text) => {
      said += text;
    });
    child.stderr.on("data", (text) => {
      errors += text;
    });
    await once(child, "close");
    expect(said, errors).not.toBe("");
    return (JSON.parse(said) as Told).steps.flatMap(({ step, findings }) =>
      findings.map(({ verdict, device, sentence }) => `${step} ${verdict} ${device}: ${sentence}`),
    );
  } finally {
    await product.stop();
  }
}

// They wait for their sites nearly all the time: side by side they take as long as one.
describe.concurrent("islet commission before foreign devices", { timeout: 240_000 }, () => {
  it("finds nothing to mend where meter and stage are slow and the site file says so", async () => {
    const lines = await commission(
      {
        plant: {
          stages: [{ responseMs: 300, deadTimeMs: 200 }],
          meter: { updateMs: 200, windowMs: 200, latencyMs: 50, resolutionW: 1, reversed: false },
        },
        stages: { vendorModel: false },
      },
      ["devices", "nudges", "watchdogs"],
    );
    expect(lines.filter((line) => !/^\w+ pass/.test(line))).toEqual([]);
  });

  it("names a meter that averages a second, and a stage that moves by a tenth of its rating a second", async () => {
    const lines = await commission(
      {
        plant: {
          stages: [{ slewWPerS: 6_000 }],
          meter: { updateMs: 100, windowMs: 1_000, latencyMs: 10, resolutionW: 1, reversed: false },
        },
        config: { pcc: { meter: { windowMs: 100 } } },
      },
      ["nudges"],
    );
    const text = lines.join("\n");
    expect(text).toMatch(/nudges fail PCC meter: .*averaging window is (?:[89]|1\d)\d\d ± \d+ ms, configured 100 ms/);
    expect(text).toMatch(
      /nudges fail Bay 1: .*power changes by \d+ % of its rating a second at most, configured without a bound\. Set evses\[0\]\.stage\.slewPctPerS to (?:[89]|1[0-4])\b/,
    );
  });
});

/** The steps of commissioning in their order: from what only looks to what parts the site from the grid. */

import type { SiteConfig } from "../../config/site.ts";
import { siteGuarantees } from "../../core/core-config.ts";
import { monotonicMs } from "../control/monotonic.ts";
import type { LoadedSite } from "../site/load-config.ts";
import { promiseSentences } from "../site/site-promises.ts";
import { handsStep } from "./hands.ts";
import { k1Step } from "./k1.ts";
import type { Nudger } from "./nudger.ts";
import { evseName, nudgeStep } from "./nudges.ts";
import { type Bench, type Finding, type FoundDevice, finding, kW, type Step, watched } from "./step.ts";

const foundWithinMs = 40_000;
/** A silence lasts so much longer than the watchdogs, s. */
const afterWatchdogS = 4;
/** Requests end so much before it does, ms. */
const beforeEndMs = 500;

const devicesStep: Step = {
  id: "devices",
  title: "Devices: found, identified, answering",
  needs: "nothing",
  applies: () => true,
  does: () =>
    "reads every device that the site file names; the controller verifies and configures idle stages as it always does",
  run: async ({ nudger }) => {
    await nudger.until(() => {
      const { devices } = nudger.station;
      return devices.length > 0 && devices.every(({ found, verified }) => found && verified);
    }, foundWithinMs);
    const findings = nudger.station.devices.map((device): Finding => {
      const { name, found, verified, identity, latencyP50Ms, latencyP99Ms, fault, faults, mismatch, link, unit } =
        device;
      const where = `${link}, unit ${unit}`;
      if (!found)
        return finding(
          "fail",
          name,
          `not found at ${where}. ${fault?.sentence ?? "No answer."} \`islet probe\` says what answers there.`,
        );
      if (mismatch !== null)
        return finding(
          "fail",
          name,
          `register ${mismatch.register} is ${mismatch.found}, expected ${mismatch.expected}.`,
        );
      if (!verified)
        return finding(
          "fail",
          name,
          `at ${where}, but not verified: ${faults.map(({ fault: key, detail }) => `${key} (${detail})`).join("; ") || "no reason told"}.`,
        );
      const who =
        identity === undefined
          ? ""
          : ` ${identity.manufacturer} ${identity.model}, version ${identity.version}, serial number ${identity.serialNumber},`;
      return finding(
        "pass",
        name,
        `${who.trim() || "found"} at ${where}, answers in ${latencyP50Ms.toFixed(0)} ms (99 of 100 within ${latencyP99Ms.toFixed(0)} ms).`,
      );
    });
    const serials = nudger.station.devices.flatMap(({ identity, kind }) =>
      kind === "stage" && identity?.serialNumber ? [identity.serialNumber] : [],
    );
    const twice = serials.find((serial, i) => serials.indexOf(serial) !== i);
    if (twice !== undefined)
      findings.push(
        finding("fail", "stages", `serial number ${twice} answers at two addresses: one of them is wrong.`),
      );
    if (findings.length === 0)
      findings.push(finding("fail", "site", `no device answered within ${foundWithinMs / 1_000} s`));
    return { findings, equipment: foundDevices(nudger.station.devices) };
  },
};

/** Who answered, by the words of the site file. Stages and inverters are in its order. */
function foundDevices(devices: Bench["nudger"]["station"]["devices"]): readonly FoundDevice[] {
  const words = { meter: "pcc.meter", "transfer-device": "transferDevice", "load-panel": "loadPanel" } as const;
  const counts = { stage: 0, pv: 0 };
  return devices.flatMap(({ kind, isPart, name, identity }): readonly FoundDevice[] => {
    const part = isPart
      ? name
      : kind === "stage"
        ? `evse ${++counts.stage}`
        : kind === "pv"
          ? `pv ${++counts.pv}`
          : (words as Readonly<Record<string, string>>)[kind];
    if (part === undefined || identity === undefined) return [];
    const { manufacturer, model, version, serialNumber } = identity;
    return [{ part, manufacturer, model, firmware: version, serialNumber }];
  });
}

const limitShare = 0.25;

const limitStep: Step = {
  id: "limit",
  title: "A limit is kept",
  needs: "grid",
  applies: () => true,
  does: ({ config }) =>
    `charges the vehicles with up to ${kW(2 * limitShare * totalW(config))}, then lowers the import limit below it and looks how soon it is kept`,
  run: async (bench) => {
    const { nudger, site } = bench;
    const { config } = site;
    const { imports } = siteGuarantees(config);
    const tried = await watched(bench, () => lowerImport(nudger, config, imports.backMs));
    nudger.request(config.evses.map(() => 0));
    if ("verdict" in tried) return { findings: [tried] };
    const { looks, atMs, limitW, chargingW } = tried;
    if (Number.isNaN(limitW))
      return { findings: [finding("not tried", "site", `only ${kW(chargingW)} flow: too little to try a limit with`)] };
    const toleranceW = 0.005 * totalW(config) + 0.01 * Math.abs(limitW);
    const last = looks.filter(({ meterW }) => meterW > limitW + toleranceW).at(-1);
    const backMs = last === undefined ? 0 : last.atMs - atMs;
    // The new limit comes within a cycle or two, beside what the promise counts.
    const allowedMs = imports.backMs + 3 * config.loop.periodMs + 50;
    const seen = `lowered by ${kW(0.5 * chargingW)}: kept after ${(backMs / 1_000).toFixed(2)} s, promised ${(imports.backMs / 1_000).toFixed(2)} s`;
    const todo = "Meter or stages are slower than the site file says: see the step before.";
    const one = backMs <= allowedMs ? finding("pass", "site", `${seen}.`) : finding("fail", "site", `${seen}. ${todo}`);
    return {
      findings: [
        one,
        ...promiseSentences(config).map((sentence) =>
          finding(sentence.startsWith("Warning") ? "warn" : "pass", "promise", sentence),
        ),
      ],
      looks,
    };
  },
};

/**
 * Charges, then lowers the import limit by half of what flows: what was seen, the limit, W, and when it came; the limit is NaN
 * where too little flowed.
 */
async function lowerImport(nudger: Nudger, config: SiteConfig, backMs: number) {
  nudger.request(config.evses.map(({ maxChargeW }) => 2 * limitShare * maxChargeW));
  const stagesW = (): number => nudger.report?.stages.reduce((sum, { powerW }) => sum + (powerW || 0), 0) ?? 0;
  await nudger.until(() => stagesW() > 1.6 * limitShare * totalW(config), 30_000);
  await nudger.wait(4_000);
  const beforeW = nudger.report?.site.pccW ?? Number.NaN;
  const chargingW = stagesW();
  if (!(chargingW > 0.1 * totalW(config)) || !Number.isFinite(beforeW))
    return { looks: [], seenShare: 1, atMs: Number.NaN, limitW: Number.NaN, chargingW };
  const limitW = Math.max(0, beforeW - 0.5 * chargingW);
  nudger.startRecording();
  await nudger.wait(500);
  const atMs = nudger.report?.site.atMs ?? 0;
  nudger.limitImport(limitW);
  await nudger.wait(Math.max(4_000, 2 * backMs));
  const recording = nudger.stopRecording();
  nudger.limitImport(Number.POSITIVE_INFINITY);
  return { ...recording, atMs, limitW, chargingW };
}

const totalW = ({ evses }: SiteConfig): number => evses.reduce((sum, { maxChargeW }) => sum + maxChargeW, 0);

/** What each stage's watchdog is set to, s: in the device's own map where it has one. */
const watchdogsS = ({ config, maps }: LoadedSite): readonly number[] =>
  config.evses.map(({ stage }) => maps.get(stage.map)?.watchdog?.seconds ?? config.loop.watchdogS);
const silenceS = (site: LoadedSite): number => Math.max(...watchdogsS(site)) + afterWatchdogS;

const watchdogStep: Step = {
  id: "watchdogs",
  title: "Watchdog of each stage, waited out",
  needs: "grid",
  applies: () => true,
  does: (site) =>
    `charges each vehicle with a tenth of its rating, then the controller writes nothing to any device in the middle of it, for ${silenceS(site)} s; nothing controls the site meanwhile`,
  run: async ({ nudger, site, say }) => {
    const { config } = site;
    const powersW = config.evses.map(({ maxChargeW, minPowerW }) => Math.max(0.1 * maxChargeW, 1.1 * minPowerW));
    nudger.request(powersW);
    const flows = (i: number): boolean => (nudger.report?.stages[i]?.powerW ?? 0) > 0.5 * powersW[i]!;
    await nudger.until(() => powersW.every((_, i) => flows(i)), 45_000);
    const charging = powersW.map((_, i) => flows(i));
    await nudger.wait(2_000);
    say("The controller is silent from here on.");
    const forMs = 1_000 * silenceS(site);
    const silentMs = monotonicMs();
    nudger.fallSilent(forMs);
    const looking = Promise.all(
      config.evses.map((_, i) => {
        const map = site.maps.get(config.evses[i]!.stage.map)?.watchdog;
        if (map?.fedBy === "any-request")
          return finding("not tried", evseName(config, i), "reading keeps its watchdog quiet: it is set and read back");
        return charging[i]
          ? watchStage(nudger, config, i, powersW[i]!, { silentMs, forMs, watchdogS: watchdogsS(site)[i]! })
          : finding("not tried", evseName(config, i), "it does not charge: no vehicle is connected, or it refuses");
      }),
    );
    // What was asked for before is not asked for again when the silence ends; not earlier, for it might be heard first.
    await nudger.wait(forMs - beforeEndMs);
    nudger.request(powersW.map(() => 0));
    const findings = await looking;
    await nudger.wait(2 * beforeEndMs);
    return { findings };
  },
};

/** Looks at one stage until its power is gone. */
async function watchStage(
  nudger: Nudger,
  config: SiteConfig,
  i: number,
  powerW: number,
  { silentMs, forMs, watchdogS }: { readonly silentMs: number; readonly forMs: number; readonly watchdogS: number },
): Promise<Finding> {
  const name = evseName(config, i);
  const { stage } = config.evses[i]!;
  const leftMs = silentMs + forMs - monotonicMs();
  const atZero = await nudger.until(({ stages }) => Math.abs(stages[i]!.powerW) < 0.3 * powerW, leftMs);
  const afterS = (monotonicMs() - silentMs) / 1_000;
  if (atZero) {
    const inTime = afterS <= watchdogS + 1.5;
    const said = `at zero ${afterS.toFixed(1)} s after the last word, configured ${watchdogS} s`;
    return finding(
      inTime ? "pass" : "fail",
      name,
      inTime ? `${said}.` : `${said}. Correct the stage's watchdog, or loop.watchdogS.`,
    );
  }
  const bench =
    stage.host === undefined ? "" : ` Try \`islet verify-device ${stage.host}:${stage.port} --unit ${stage.unitId}\`.`;
  return finding(
    "fail",
    name,
    `still ${kW(nudger.report?.stages[i]?.powerW ?? Number.NaN)} ${afterS.toFixed(1)} s after the last word, configured ${watchdogS} s: its watchdog is missing or off. It must not discharge; have the maker set it.${bench}`,
  );
}

/** All steps; what silences the controller comes last. */
export const steps: readonly Step[] = [devicesStep, nudgeStep, limitStep, k1Step, handsStep, watchdogStep];

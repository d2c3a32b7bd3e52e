/** The steps of commissioning in their order: from what only looks to what parts the site from the grid. */

import { StageUnderTest, TrialStopped } from "../../../firmware-bridge/conformance/stage-under-test.ts";
import { tcpSurroundings } from "../../../firmware-bridge/conformance/surroundings.ts";
import { monotonicMs } from "../../app/control/monotonic.ts";
import { promiseSentences } from "../../app/site/site-promises.ts";
import type { SiteConfig } from "../../config/site.ts";
import { siteGuarantees } from "../../core/core-config.ts";
import { k1Step } from "./k1.ts";
import type { Nudger } from "./nudger.ts";
import { evseName, nudgeStep } from "./nudges.ts";
import { type Finding, finding, kW, type Step } from "./step.ts";

const foundWithinMs = 40_000;

const devicesStep: Step = {
  id: "devices",
  title: "Devices: found, identified, answering",
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
          `not found at ${where}: ${fault?.sentence ?? "no answer"}${faults.map(({ detail }) => ` (${detail})`).join("")}. \`islet probe\` says what answers there.`,
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
    return { findings };
  },
};

const limitShare = 0.25;

const limitStep: Step = {
  id: "limit",
  title: "A limit is kept",
  applies: () => true,
  does: ({ config }) =>
    `charges the vehicles with up to ${kW(2 * limitShare * totalW(config))}, then lowers the import limit below it and looks how soon it is kept`,
  run: async (bench) => {
    const { nudger, site } = bench;
    const { config } = site;
    const { imports } = siteGuarantees(config);
    nudger.request(config.evses.map(({ maxChargeW }) => 2 * limitShare * maxChargeW));
    const stagesW = (): number => nudger.report?.stages.reduce((sum, { powerW }) => sum + (powerW || 0), 0) ?? 0;
    await nudger.until(() => stagesW() > 1.6 * limitShare * totalW(config), 30_000);
    await nudger.wait(4_000);
    const beforeW = nudger.report?.site.pccW ?? Number.NaN;
    const chargingW = stagesW();
    if (!(chargingW > 0.1 * totalW(config)) || !Number.isFinite(beforeW)) {
      nudger.request(config.evses.map(() => 0));
      return { findings: [finding("not tried", "site", `only ${kW(chargingW)} flow: too little to try a limit with`)] };
    }
    const limitW = Math.max(0, beforeW - 0.5 * chargingW);
    nudger.startRecording();
    await nudger.wait(500);
    const atMs = nudger.report?.site.atMs ?? 0;
    const takeBack = nudger.limitImport(limitW);
    await nudger.wait(Math.max(4_000, 2 * imports.backMs));
    const looks = nudger.stopRecording();
    takeBack();
    nudger.request(config.evses.map(() => 0));
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

const totalW = ({ evses }: SiteConfig): number => evses.reduce((sum, { maxChargeW }) => sum + maxChargeW, 0);

const watchdogStep: Step = {
  id: "watchdogs",
  title: "Watchdog of each stage, waited out",
  applies: () => true,
  does: ({ config }) =>
    `charges each vehicle with a tenth of its rating, then the controller falls silent in the middle of it for ${config.loop.watchdogS + 4} s or until every stage is at zero; nothing controls the site meanwhile`,
  run: async ({ nudger, site: { config }, say }) => {
    const powersW = config.evses.map(({ maxChargeW, minPowerW }) => Math.max(0.1 * maxChargeW, 1.1 * minPowerW));
    nudger.request(powersW);
    const flows = (i: number): boolean => (nudger.report?.stages[i]?.powerW ?? 0) > 0.5 * powersW[i]!;
    await nudger.until(() => powersW.every((_, i) => flows(i)), 45_000);
    const charging = powersW.map((_, i) => flows(i));
    await nudger.wait(2_000);
    say("The controller is silent from here on.");
    const silentMs = monotonicMs();
    await nudger.fallSilent();
    const findings = await Promise.all(
      config.evses.map((_, i) =>
        charging[i]
          ? watchStage(config, i, powersW[i]!, silentMs)
          : finding("not tried", evseName(config, i), "it does not charge: no vehicle is connected, or it refuses"),
      ),
    );
    return { findings };
  },
};

/** Looks at one stage, by reading alone, until its power is gone. */
async function watchStage(config: SiteConfig, i: number, powerW: number, silentMs: number): Promise<Finding> {
  const name = evseName(config, i);
  const { stage } = config.evses[i]!;
  const { watchdogS } = config.loop;
  if (stage.map !== "sunspec" || stage.host === undefined)
    return finding(
      "not tried",
      name,
      "its power can't be read here beside its map file: its watchdog is tried at each start, as the map says",
    );
  const watched = new StageUnderTest(tcpSurroundings(stage.host, stage.port, stage.unitId, () => false));
  watched.ending = true;
  try {
    const fault = await watched.find();
    if (fault !== undefined) return finding("fail", name, `can't be read: ${fault}`);
    const limitMs = 1_000 * (watchdogS + 4);
    for (;;) {
      const nowW = -(await watched.get(701, "W"));
      const afterS = (monotonicMs() - silentMs) / 1_000;
      if (Math.abs(nowW) < 0.3 * powerW) {
        const inTime = afterS <= watchdogS + 1.5;
        const said = `at zero ${afterS.toFixed(1)} s after the last word, configured ${watchdogS} s`;
        return finding(
          inTime ? "pass" : "fail",
          name,
          inTime ? `${said}.` : `${said}. Correct the stage's watchdog, or loop.watchdogS.`,
        );
      }
      if (afterS * 1_000 > limitMs)
        return finding(
          "fail",
          name,
          `still ${kW(nowW)} ${afterS.toFixed(1)} s after the last word, configured ${watchdogS} s: its watchdog is missing or off. It must not discharge; have the maker set it, and try \`islet verify-device ${stage.host}:${stage.port} --unit ${stage.unitId}\`.`,
        );
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } catch (error) {
    if (error instanceof TrialStopped) return finding("fail", name, error.message);
    throw error;
  } finally {
    watched.link.shut();
  }
}

/** Addresses may be swapped between chargers of one kind: only eyes tell. */
async function whoIsIt(
  nudger: Nudger,
  config: SiteConfig,
  i: number,
  askHands: (request: string) => Promise<boolean | null>,
): Promise<Finding> {
  const name = evseName(config, i);
  const { maxChargeW, minPowerW, stage } = config.evses[i]!;
  const powerW = Math.max(0.1 * maxChargeW, 1.1 * minPowerW);
  nudger.request(config.evses.map((_, k) => (k === i ? powerW : 0)));
  const flows = await nudger.until(({ stages }) => stages[i]!.powerW > 0.5 * powerW, 20_000);
  if (!flows)
    return finding("not tried", name, "who is who: it does not charge, so nobody could see whether it is this one");
  const answer = await askHands(`Only ${name} charges now, with ${kW(powerW)}. Look at it: is it that one?`);
  if (answer === null) return finding("not tried", name, "who is who: nobody looked");
  const place =
    stage.host === undefined ? "its place in the site file" : `${stage.host}:${stage.port}, unit ${stage.unitId}`;
  return answer
    ? finding("pass", name, "is the one that a person saw charge")
    : finding("fail", name, `another one charged: ${place} belongs to another charger. Swap the addresses.`);
}

const handsStep: Step = {
  id: "hands",
  title: "Links and inputs, with somebody at the site",
  applies: () => true,
  does: () =>
    "charges one vehicle after the other with a tenth of its rating and asks somebody at the site whether it is that one; then asks to unplug links and to close inputs, one after the other",
  run: async ({ nudger, askHands, site: { config } }) => {
    if ((await askHands("Is somebody at the chargers who can look and unplug?")) !== true)
      return {
        findings: [
          finding("not tried", "site", "who is who, loss of links and inputs: nobody was there to look and unplug"),
        ],
      };
    const findings: Finding[] = [];
    for (let i = 0; i < config.evses.length; i++) findings.push(await whoIsIt(nudger, config, i, askHands));
    nudger.request(config.evses.map(() => 0));
    for (const { name, kind } of nudger.station.devices) {
      const done = await askHands(`Unplug the network of ${name} and answer y.`);
      if (done !== true) {
        findings.push(finding("not tried", name, "loss of its link: nobody unplugged it"));
        continue;
      }
      const lost = await nudger.until(
        () => nudger.station.devices.some((device) => device.name === name && device.fault !== null),
        15_000,
      );
      const expected = kind === "meter" ? "no stage may discharge" : "it is not commanded";
      findings.push(
        finding(
          lost ? "pass" : "fail",
          name,
          lost
            ? `loss of its link is told; ${expected}.`
            : "the loss of its link was not noticed within 15 s: was it the right cable?",
        ),
      );
      await askHands(`Plug ${name} in again and answer y.`);
      const back = await nudger.until(
        () => nudger.station.devices.some((device) => device.name === name && device.found && device.fault === null),
        30_000,
      );
      if (!back) findings.push(finding("fail", name, "it did not come back within 30 s"));
    }
    if (config.pcc.reversePower !== undefined) {
      const done = await askHands(
        "Let the reverse-power relay trip (its test button) and answer y when the page or the relay shows it.",
      );
      const verdict = done === true ? "pass" : done === false ? "fail" : "not tried";
      findings.push(
        finding(
          verdict,
          "reverse-power relay",
          done === true ? "tripped and shown, as the person said" : "not seen to trip",
        ),
      );
    }
    return { findings };
  },
};

/** All steps; what silences the controller comes last. */
export const steps: readonly Step[] = [devicesStep, nudgeStep, limitStep, k1Step, handsStep, watchdogStep];

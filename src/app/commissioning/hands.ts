/**
 * Step "hands": what only somebody at the site can try. Who is who by eye; each link unplugged; each contact and signal that the
 * site reads, made to change by hand. The person does and says so, the controller tells whether it has seen it.
 */

import { pccMeterName } from "../../config/device-names.ts";
import type { SiteConfig } from "../../config/site.ts";
import { Quality } from "../../domain/quality.ts";
import type { ControlReport } from "../control/shared/report.ts";
import type { LoadedSite } from "../site/load-config.ts";
import type { Nudger } from "./nudger.ts";
import { evseName } from "./nudges.ts";
import { type Bench, type Finding, finding, kW, type Step } from "./step.ts";

const seenWithinMs = 15_000;
const backWithinMs = 30_000;
const flowsWithinMs = 20_000;
const settleMs = 1_500;

type AskHands = Bench["askHands"];

/** A contact or signal that a person makes change. */
interface InputTrial {
  readonly device: string;
  readonly what: string;
  /** What to do, and how to undo it. */
  readonly change: string;
  readonly restore: string;
  readonly isChanged: (report: ControlReport) => boolean;
  /** What it must lead to. */
  readonly leadsTo: string;
}

/** What this site reads of contacts and signals. */
function inputTrials({ config, maps }: LoadedSite): InputTrial[] {
  const trials: InputTrial[] = [];
  const k1 = config.transferDevice;
  const told = new Set(k1 === undefined ? [] : (maps.get(k1.map)?.facts.map(({ name }) => name) ?? []));
  const contacts = k1?.contacts;
  if (contacts !== undefined)
    trials.push({
      device: contacts.device,
      what: "wire of K1's normally-open contact",
      change: `Pull the wire of K1's normally-open contact from input ${contacts.normallyOpenInput} of ${contacts.device}`,
      restore: "Put that wire back",
      isChanged: ({ site }) => site.contactNo !== "closed",
      leadsTo: "K1 counts as not proven, and no island is formed",
    });
  const { generator } = config;
  if (generator !== undefined)
    trials.push({
      device: generator.device,
      what: "the generator's contact",
      change: `Pull the wire of the generator's contact from input ${generator.restsInput} of ${generator.device}`,
      restore: "Put that wire back",
      isChanged: ({ site }) => site.otherSource !== "rests",
      leadsTo: "no stage gives power and K1 is not closed",
    });
  const { reduction } = config.pcc;
  if (reduction !== undefined)
    trials.push({
      device: reduction.device,
      what: "the grid operator's contact",
      change: `Make the grid operator's contact at input ${reduction.input} of ${reduction.device} ask for less${reduction.activeWhen === "off" ? ", by pulling its wire" : ""}`,
      restore: "Let it rest again",
      isChanged: ({ site }) => site.reduction !== "none",
      leadsTo: "the chargers are held to what is left to them",
    });
  for (const { fact, ...trial } of signals) if (told.has(fact)) trials.push(trial);
  config.evses.forEach(({ vehicleLink }, i) => {
    if (vehicleLink === undefined) return;
    const device = evseName(config, i);
    trials.push({
      device,
      what: "emergency stop",
      change: `Press the emergency stop of ${device}`,
      restore: "Release it",
      isChanged: ({ stages }) => stages[i]!.emergency,
      leadsTo: "its vehicle port opens",
    });
  });
  return trials;
}

/** Signals that a switchgear's own controller may read, by the fact that tells of each. */
const signals: readonly (InputTrial & { readonly fact: string })[] = [
  {
    fact: "relayTripped",
    device: "K1",
    what: "reverse-power relay",
    change: "Let the reverse-power relay trip by its test button",
    restore: "Reset the relay",
    isChanged: ({ site }) => site.relayTripped,
    leadsTo: "discharging is latched off until a person resets it on the page",
  },
  {
    fact: "transferTrip",
    device: "K1",
    what: "the utility's transfer trip",
    change: "Simulate the utility's transfer-trip signal at its terminals",
    restore: "Take it away again",
    isChanged: ({ site }) => site.transferTrip,
    leadsTo: "the stages cease at once",
  },
  {
    fact: "permissive",
    device: "K1",
    what: "the utility's permissive signal",
    change: "Take the utility's permissive signal away at its terminals",
    restore: "Give it back",
    isChanged: ({ site }) => !site.permissive,
    leadsTo: "nothing is given back to the grid",
  },
  {
    fact: "upstreamClosed",
    device: "K1",
    what: "contact of the upstream breaker",
    change: "Pull the wire of the upstream breaker's auxiliary contact",
    restore: "Put that wire back",
    isChanged: ({ site }) => !site.upstreamClosed,
    leadsTo: "the grid does not count as connected",
  },
];

export const handsStep: Step = {
  id: "hands",
  title: "Links and inputs, with somebody at the site",
  needs: "hands",
  applies: () => true,
  does: (site) =>
    `charges one vehicle after the other with a tenth of its rating and asks somebody at the site whether it is that one; then asks to unplug each link${inputTrials(site).length > 0 ? " and to make each contact change" : ""}, one after the other`,
  run: async ({ nudger, askHands, site }) => {
    const { config } = site;
    if ((await askHands("Is somebody at the chargers who can look and unplug?")) !== true)
      return {
        findings: [
          finding("not tried", "site", "who is who, loss of links and inputs: nobody was there to look and unplug"),
        ],
      };
    const findings: Finding[] = [];
    for (let i = 0; i < config.evses.length; i++) findings.push(await whoIsIt(nudger, config, i, askHands));
    nudger.request(config.evses.map(() => 0));
    for (const { name, kind } of nudger.station.devices)
      findings.push(...(await loseLink(nudger, name, kind, askHands)));
    for (const trial of inputTrials(site)) findings.push(...(await tryInput(nudger, trial, askHands)));
    findings.push(...(await lookAtInterlocks(config, askHands)));
    return { findings };
  },
};

/** Addresses may be swapped between chargers of one kind: only eyes tell. */
async function whoIsIt(nudger: Nudger, config: SiteConfig, i: number, askHands: AskHands): Promise<Finding> {
  const name = evseName(config, i);
  const { maxChargeW, minPowerW, stage } = config.evses[i]!;
  const powerW = Math.max(0.1 * maxChargeW, 1.1 * minPowerW);
  nudger.request(config.evses.map((_, k) => (k === i ? powerW : 0)));
  // What flowed before has to end first, here and at the others: a person looks only once.
  await nudger.wait(settleMs);
  const flows = await nudger.until(
    ({ stages }) =>
      stages.every((stage, k) => (k === i ? stage.powerW > 0.5 * powerW : !(Math.abs(stage.powerW) > 0.3 * powerW))),
    flowsWithinMs,
  );
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

/** What the controller must make of a lost link beside naming it: what it means, and whether that shows. */
interface AfterLoss {
  readonly means: string;
  readonly shows: (report: ControlReport) => boolean;
}
function afterLoss(name: string, kind: string): AfterLoss {
  if (name === pccMeterName)
    return { means: "no stage may discharge", shows: ({ site }) => site.meterQuality !== Quality.good };
  if (kind === "transfer-device") return { means: "K1 counts as not proven", shows: ({ site }) => !site.deviceFresh };
  if (kind === "stage") return { means: "it is not commanded", shows: () => true };
  return { means: "its values count as unknown", shows: () => true };
}

async function loseLink(nudger: Nudger, name: string, kind: string, askHands: AskHands): Promise<Finding[]> {
  if ((await askHands(`Unplug the network or the serial line of ${name} and answer yes.`)) !== true)
    return [finding("not tried", name, "loss of its link: nobody unplugged it")];
  const device = () => nudger.station.devices.find((one) => one.name === name);
  const { means, shows } = afterLoss(name, kind);
  const lost = await nudger.until((report) => (device()?.fault ?? null) !== null && shows(report), seenWithinMs);
  const findings = [
    lost
      ? finding("pass", name, `loss of its link is told; ${means}.`)
      : finding(
          "fail",
          name,
          `the loss of its link was not noticed within ${seenWithinMs / 1_000} s: was it the right cable?`,
        ),
  ];
  await askHands(`Plug ${name} in again and answer yes.`);
  const back = await nudger.until(() => device()?.found === true && device()?.fault === null, backWithinMs);
  if (!back)
    findings.push(
      finding("fail", name, `it did not come back within ${backWithinMs / 1_000} s after it was plugged in`),
    );
  return findings;
}

async function tryInput(nudger: Nudger, trial: InputTrial, askHands: AskHands): Promise<Finding[]> {
  const { device, what, change, restore, isChanged, leadsTo } = trial;
  if (nudger.report === null || isChanged(nudger.report))
    return [finding("fail", device, `${what}: it reads as changed before anybody touched it. Check its wiring.`)];
  if ((await askHands(`${change} and answer yes.`)) !== true)
    return [finding("not tried", device, `${what}: nobody tried it`)];
  const seen = await nudger.until(isChanged, seenWithinMs);
  const findings = [
    seen
      ? finding("pass", device, `${what}: seen; ${leadsTo}.`)
      : finding(
          "fail",
          device,
          `${what}: nothing was seen within ${seenWithinMs / 1_000} s. Check its wiring and where the site file says it is.`,
        ),
  ];
  await askHands(`${restore} and answer yes.`);
  if (!(await nudger.until((report) => !isChanged(report), backWithinMs)))
    findings.push(finding("fail", device, `${what}: it did not come back within ${backWithinMs / 1_000} s.`));
  return findings;
}

/** A stage that forms must be held by K1's mirror contact itself, not by software: only eyes see that wire. */
async function lookAtInterlocks(config: SiteConfig, askHands: AskHands): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (let i = 0; i < config.evses.length; i++) {
    if (!config.evses[i]!.gridForming || config.transferDevice === undefined) continue;
    const name = evseName(config, i);
    const answer = await askHands(
      `Look at the wiring of ${name}: does K1's mirror contact lead into its own enable, so that it can't form while K1 is closed?`,
    );
    const verdict = answer === null ? "not tried" : answer ? "pass" : "fail";
    findings.push(
      finding(
        verdict,
        name,
        answer === null
          ? "interlock with K1: nobody looked"
          : answer
            ? "interlock with K1: wired, as a person saw"
            : "interlock with K1: not wired. Wire the mirror contact into its enable, or leave gridForming off.",
      ),
    );
  }
  return findings;
}

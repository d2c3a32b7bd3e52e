/**
 * Step "nudges": charges with small powers up and down, and finds out from the recording how the meter is wired, how meter and
 * stages follow, and whether the site file says so. Only charging: nothing is given back, and every limit holds.
 */
import { type Comparison, compareMeter, compareStage } from "../../commissioning/compare.ts";
import { identifyMeter } from "../../commissioning/identify-meter.ts";
import { identifyStage, segmentsOf } from "../../commissioning/identify-stage.ts";
import type { Segment } from "../../commissioning/trace.ts";
import { findWiring, type Nudge } from "../../commissioning/wiring.ts";
import type { SiteConfig } from "../../config/site.ts";
import { meterWindowMs } from "../../core/core-config.ts";
import type { SiteLook } from "./nudger.ts";
import { type Bench, type Finding, finding, kW, type Step, type StepOutcome, watched } from "./step.ts";

const count = 8;
/** Share of a rating that a nudge adds, and that stages charge with between nudges. */
const nudgeShare = 0.1;
const baseShare = 0.1;
const aboveLeast = 1.1;
const nudgeMinMs = 2_500;
const slowNudgeMs = 14_000;
/** What the best description may leave of the nudges before they are made again, slower. */
const unexplainedMax = 0.25;
const readyMaxMs = 45_000;
const meterName = "PCC meter";

export const evseName = (config: SiteConfig, i: number): string => config.evses[i]!.name ?? `EVSE ${i + 1}`;
/** What a stage charges with between nudges, W: above the least that its vehicles take, so that it never switches off. */
const baseOf = (config: SiteConfig, i: number): number =>
  Math.max(baseShare * ratedOf(config, i), aboveLeast * config.evses[i]!.minPowerW);
const ratedOf = (config: SiteConfig, i: number): number => Math.max(config.evses[i]!.maxChargeW, 1);
const phaseCount = { single: 1, split: 2, three: 3 } as const;

export const nudgeStep: Step = {
  id: "nudges",
  title: "Wiring of the meter, dynamics of meter and stages",
  needs: "grid",
  applies: () => true,
  does: ({ config }) => {
    let powerW = 0;
    for (let i = 0; i < config.evses.length; i++) powerW += baseOf(config, i) + nudgeShare * ratedOf(config, i);
    return `charges the vehicles with up to ${kW(powerW)} altogether, up and down ${count} times in about ${Math.ceil((count * nudgeMs(config)) / 60_000)} min`;
  },
  run: async (bench) => {
    const { config } = bench.site;
    const ready = await start(bench);
    if (typeof ready === "string") return { findings: [finding("fail", "site", ready)] };
    const tryWith = async (everyMs: number) => {
      const seen = await watched(bench, () => nudge(bench, ready, everyMs));
      return "verdict" in seen ? { findings: [seen], unsure: false } : judge(config, seen.looks, seen.nudges, ready);
    };
    let outcome = await tryWith(nudgeMs(config));
    if (outcome.unsure && nudgeMs(config) < slowNudgeMs) {
      bench.say("The answer is slower than the nudges: once more, slower.");
      outcome = await tryWith(slowNudgeMs);
    }
    bench.nudger.request(config.evses.map(() => 0));
    return outcome;
  },
};

/** Long enough for what is configured, and for something slower. */
function nudgeMs({ pcc, evses }: SiteConfig): number {
  const meterMs = 2 * pcc.meter.updateMs + meterWindowMs(pcc.meter) + pcc.meter.latencyMs;
  const stageMs = Math.max(
    ...evses.map(({ stage }) => stage.deadTimeMs + 3 * stage.responseMs + stage.commandPeriodMs),
  );
  return Math.max(nudgeMinMs, 2 * (meterMs + stageMs));
}

/** Charges with the base power; the stages that do, or why none does. */
async function start({ nudger, site: { config }, say }: Bench): Promise<readonly number[] | string> {
  const bases = config.evses.map((_, i) => baseOf(config, i));
  nudger.request(bases);
  const flows = (i: number): boolean => (nudger.report?.stages[i]?.powerW ?? 0) > 0.5 * bases[i]!;
  await nudger.until(() => bases.every((_, i) => flows(i)), readyMaxMs);
  const ready = bases.flatMap((_, i) => (flows(i) ? [i] : []));
  for (let i = 0; i < bases.length; i++) {
    if (!ready.includes(i)) say(`${evseName(config, i)} does not charge: is a vehicle connected? It is left out.`);
  }
  return ready.length > 0
    ? ready
    : "No stage charges: connect a vehicle that takes power, and check what `islet explain` says.";
}

async function nudge({ nudger, site: { config }, say }: Bench, ready: readonly number[], everyMs: number) {
  const powers = (share: number): readonly number[] =>
    config.evses.map((_, i) => (ready.includes(i) ? baseOf(config, i) + share * ratedOf(config, i) : 0));
  await nudger.wait(everyMs / 2);
  nudger.startRecording();
  await nudger.wait(800);
  const atMs: number[] = [];
  let endMs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    atMs.push(nudger.report?.site.atMs ?? 0);
    nudger.request(powers(i % 2 === 0 ? nudgeShare : 0));
    say(`Nudge ${i + 1} of ${count}.`);
    await nudger.wait(everyMs);
    if (nudger.report?.site.meterCondemned !== true) continue;
    // From here on the controller holds the stages back; what was seen before tells why.
    say("The controller does not believe the meter any more: what was seen so far is judged.");
    endMs = atMs.pop() ?? endMs;
    break;
  }
  const { looks: seen, seenShare } = nudger.stopRecording();
  const looks = seen.filter((look) => look.atMs < endMs);
  return { looks, seenShare, nudges: segmentsOf(looks, atMs) };
}

function judge(
  config: SiteConfig,
  looks: readonly SiteLook[],
  nudges: readonly Segment[],
  ready: readonly number[],
): StepOutcome & { readonly unsure: boolean } {
  const findings: Finding[] = [];
  const comparisons: Comparison[] = [];
  let unsure = false;
  const { meter: told } = config.pcc;
  const tickMs = config.loop.periodMs;
  const meter = identifyMeter(looks, nudges);
  if (meter === null || meter.unexplained > 2 * unexplainedMax) {
    unsure = true;
    const sentence =
      "The meter does not show the stages' power. Check that it sits at the grid connection, that the building is quiet, and its wiring.";
    findings.push(finding("fail", meterName, sentence));
  }
  if (meter !== null) {
    unsure ||= meter.unexplained > unexplainedMax;
    const { updateMs, latencyMs, resolutionW } = told;
    const scaleW = config.evses.reduce((sum, _, i) => sum + ratedOf(config, i), 0);
    const settings = { updateMs, windowMs: meterWindowMs(told), latencyMs, resolutionW, scaleW };
    comparisons.push(...compareMeter(meterName, "pcc.meter", settings, meter, tickMs));
  }
  for (const i of ready) {
    const ratedW = ratedOf(config, i);
    const { stage, maxChargeW, maxDischargeW } = config.evses[i]!;
    const found = identifyStage(looks, nudges, i, ratedW);
    if (found === null) {
      unsure = true;
      findings.push(
        finding(
          "fail",
          evseName(config, i),
          "It does not follow small changes of its setpoint: check its resolution, its minimum power and its vehicle.",
        ),
      );
      continue;
    }
    unsure ||= found.unexplained > unexplainedMax;
    const largestW = Math.max(maxChargeW, maxDischargeW, 1);
    const slewWPerS = ((stage.slewPctPerS ?? Number.POSITIVE_INFINITY) / 100) * largestW;
    const { deadTimeMs, responseMs, commandPeriodMs } = stage;
    const settings = { deadTimeMs, responseMs, commandPeriodMs, slewWPerS, ratedW: largestW };
    comparisons.push(...compareStage(evseName(config, i), `evses[${i}].stage`, settings, found, tickMs));
  }
  findings.push(...wiringFindings(config, looks, nudges, ready));
  for (const { verdict, device, todo } of comparisons)
    if (verdict !== "as configured") findings.push(finding(verdict === "refuse" ? "fail" : "warn", device, todo));
  return { findings, comparisons, looks, unsure };
}

/** What each nudge added on each phase, by the stages' own readings, and what the meter showed of it. */
function wiringFindings(
  config: SiteConfig,
  looks: readonly SiteLook[],
  nudges: readonly Segment[],
  ready: readonly number[],
): Finding[] {
  const phases = phaseCount[config.site.phases];
  const steps: Nudge[] = nudges.map(({ from, to }) => {
    const before = steady(looks, Math.max(0, from - Math.floor((to - from) / 5)), from);
    const after = steady(looks, to - Math.floor((to - from) / 4), to);
    const stepW = new Array(phases).fill(0) as number[];
    for (const i of ready) {
      const { phase } = config.evses[i]!;
      const addedW = after.stagesW[i]! - before.stagesW[i]!;
      if (phase === "all") for (let p = 0; p < phases; p++) stepW[p]! += addedW / phases;
      else stepW["abc".indexOf(phase)]! += addedW;
    }
    return { stepW, before, after };
  });
  if (!steps.some(({ before }) => before.phaseW.slice(0, phases).every(Number.isFinite)))
    return [finding("not tried", meterName, "It does not tell the power of each phase: only its sum was compared.")];
  const found = findWiring(steps, phases);
  const verdict = found.verdict === "right" ? "pass" : found.verdict === "wrong" ? "fail" : "warn";
  return [finding(verdict, meterName, `Wiring of its current transformers: ${found.sentence}`)];
}

function steady(looks: readonly SiteLook[], from: number, to: number) {
  const part = looks.slice(from, Math.max(from + 1, to));
  const mean = (of: (look: SiteLook) => number): number => part.reduce((sum, look) => sum + of(look), 0) / part.length;
  return {
    phaseW: [0, 1, 2].map((phase) => mean(({ phases }) => phases.phaseW[phase]!)),
    totalVar: mean(({ phases }) => phases.totalVar),
    stagesW: looks[0]!.stages.map((_, i) => mean(({ stages }) => stages[i]!.powerW)),
  };
}

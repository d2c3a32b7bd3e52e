/** `islet incidents`: what happened on a site, with the ticks around it; one of them as a page with plots. */
import { existsSync, statSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { readOne } from "../../app/recorder/files/asked-files.ts";
import { keptFiles } from "../../app/recorder/files/kept-files.ts";
import { incidentsFolder } from "../../app/recorder/files/recording-store.ts";
import { momentText, type Recording, RecordingRefused } from "../../app/recorder/recording-reader.ts";
import { replay } from "../../app/recorder/replay.ts";
import { collectSeries } from "../../app/recorder/series.ts";
import { AskedWrongly } from "../asked.ts";
import { pageOf, plotSection } from "./page.ts";

/** The page shows this much before the first moment of an incident, ms. */
const beforeMs = 30_000;

export function incidentsCommand(program: Command): void {
  program
    .command("incidents")
    .description("list trips, refusals, exceedances and stalls that were kept, or show one")
    .argument("<place>", "a site's state folder, a folder of incidents, or one of its files")
    .option("--html <file>", "of one incident: a page with plots of the seconds around it")
    .option("--json", "print JSON")
    .action((place: string, options: { readonly html?: string; readonly json?: boolean }) => {
      const found = statSync(place, { throwIfNoEntry: false });
      if (found === undefined) throw new RecordingRefused(`${place} is not there`);
      if (!found.isDirectory()) return show(place, options);
      if (options.html !== undefined) throw new AskedWrongly("--html shows one incident: name its file");
      list(existsSync(incidentsFolder(place)) ? incidentsFolder(place) : place, options.json ?? false);
    });
}

function list(folder: string, json: boolean): void {
  for (const { path, name, bytes } of keptFiles(folder)) {
    let facts: Recording["incidents"] = [];
    let why = "";
    try {
      facts = readOne(path).incidents;
    } catch (failure) {
      if (!(failure instanceof RecordingRefused)) throw failure;
      why = failure.message;
    }
    if (json) process.stdout.write(`${JSON.stringify({ name, bytes, incidents: facts, damage: why })}\n`);
    else if (why !== "") process.stdout.write(`${name}: ${why}\n`);
    else
      for (const { atMs, kind, sentence } of facts)
        process.stdout.write(`${momentText(atMs)}  ${kind.padEnd(11)} ${sentence}  ${name}\n`);
  }
}

function show(path: string, { html, json }: { readonly html?: string; readonly json?: boolean }): void {
  const recording = readOne(path);
  const { incidents, blocks } = recording;
  const first = incidents[0]?.atMs ?? blocks[0]?.pieces[0]?.fromMs ?? 0;
  const last = blocks.at(-1)?.pieces.at(-1)?.toMs ?? first;
  const shown = collectSeries(first - beforeMs, last);
  const { ticks, firstDifference } = replay(blocks, { fromMs: first - beforeMs, onTick: shown.take });
  const lines = [
    ...incidents.map(({ atMs, kind, sentence }) => `${momentText(atMs)} ${kind}: ${sentence}`),
    ...shown.happenings.map(({ atMs, sentence }) => `${momentText(atMs)} ${sentence}`),
    firstDifference === null
      ? `${ticks} ticks around it, replayed: identical.`
      : `Replayed it differs first at tick ${firstDifference.tick}: ${firstDifference.field} was ${firstDifference.recorded}, is ${firstDifference.replayed}.`,
    ...recording.damage.map((one) => `Damage: ${one}.`),
  ];
  if (json)
    process.stdout.write(
      `${JSON.stringify({ name: recording.name, incidents, happenings: shown.happenings, ticks, firstDifference, damage: recording.damage })}\n`,
    );
  else process.stdout.write(`${lines.join("\n")}\n`);
  if (html === undefined) return;
  const { series } = shown;
  const kW = (values: readonly number[]): number[] => values.map((value) => value / 1_000);
  const { atS } = series;
  const plots = [
    plotSection("Power at the PCC; import positive", {
      unit: "kW",
      atS,
      lines: [{ name: "PCC", values: kW(series.pccW) }],
    }),
    plotSection("All power stages: asked for, and measured", {
      unit: "kW",
      atS,
      lines: [
        { name: "setpoints", values: kW(series.setpointsW) },
        { name: "measured", values: kW(series.stagesW) },
      ],
    }),
    plotSection("Voltage at the PCC", { unit: "pu", atS, lines: [{ name: "voltage", values: series.voltagePu }] }),
    plotSection("Frequency at the PCC", {
      unit: "Hz",
      atS,
      lines: [{ name: "frequency", values: series.frequencyHz }],
    }),
  ];
  writeFileSync(html, pageOf(`Incident of ${momentText(first)}`, lines, plots));
}

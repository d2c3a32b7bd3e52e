/** The commands of this tick, each a lease that the device below lets expire by itself. */
import type { Commands, StageCommand } from "../commands.ts";
import type { Core } from "../core.ts";
import type { Snapshot } from "../snapshot.ts";
import { canForm } from "./sources.ts";

export function issueCommands(core: Core, snapshot: Snapshot, nowMs: number): Commands {
  const { commands, machine, config } = core;
  const { output } = machine;
  commands.speak = output.speak;
  commands.transferDevice = output.transferDevice;
  commands.closeSequence = output.closeSequence;
  for (let i = 0; i < commands.stages.length; i++) {
    const command = commands.stages[i]!;
    command.leaseUntilMs = nowMs + core.leaseMs;
    if (output.form) formOrRest(core, snapshot, i, command);
    else follow(core, snapshot, i, command);
  }
  for (let t = 0; t < config.tiers.length; t++) commands.tierClosed[t] = true;
  return commands;
}

/** Follows the grid: charging, discharging, ready at zero, or off. */
function follow(core: Core, { evses }: Snapshot, i: number, command: StageCommand): void {
  const powerW = core.commandW[i]!;
  const serves = core.machine.output.mayCharge || core.machine.output.mayDischarge;
  command.powerW = serves ? powerW : 0;
  command.role = !serves || !evses[i]!.connected ? "off" : powerW < 0 ? "discharge" : "charge";
  if (command.role === "off") command.powerW = 0;
  command.reactiveVar = command.role === "off" ? 0 : core.reactiveVar[i]!;
  command.formVoltagePu = 0;
  command.formFrequencyHz = 0;
}

/** In an island the stages listed for it form it while their vehicles have more than their reserve; the others rest. */
function formOrRest(core: Core, snapshot: Snapshot, i: number, command: StageCommand): void {
  const forms = canForm(core, snapshot, i);
  command.role = forms ? "forming" : "off";
  command.powerW = 0;
  command.reactiveVar = 0;
  command.formVoltagePu = forms ? 1 : 0;
  command.formFrequencyHz = forms ? Number(core.config.site.nominalFrequencyHz) : 0;
}

/** The commands of this tick, each a lease that the device below lets expire by itself. */
import type { Commands, StageCommand } from "../commands.ts";
import type { Core } from "../core.ts";
import { stepIsland } from "../island/island.ts";
import { bondCommand } from "../modes/bonding.ts";
import type { EvseFacts, Snapshot } from "../snapshot.ts";

/** What a session asks of the vehicle port counts for so long; whoever carries it renews it ten times in this. */
const orderMaxMs = 1_000;

/**
 * The end of a cycle: turns modes, setpoints and tiers into commands. Returns the core's own object, valid until the next
 * cycle.
 */
export function issueCommands(core: Core, snapshot: Snapshot, nowMs: number): Commands {
  const { commands, machine } = core;
  const { output } = machine;
  commands.commandsEnabled = output.commandsEnabled;
  commands.heartbeatAllowed = output.commandsEnabled && core.needs.missing === "";
  commands.transferDevice = output.transferDevice;
  commands.closeSequence = output.closeSequence;
  commands.bond = bondCommand(core.machine.state.mode, core.modeFacts);
  for (let i = 0; i < commands.stages.length; i++) {
    const command = commands.stages[i]!;
    command.leaseUntilMs = nowMs + core.leaseMs;
    follow(core, snapshot, i, command);
    servePort(snapshot.evses[i]!, command, nowMs);
  }
  core.island.nudgeHz = core.backfeed.nudgeHz;
  // In an island the stages chosen for it form, the others rest; tiers and PV belong to it in every mode.
  stepIsland(core.island, core.islandConfig, output, core.mayForm, snapshot, commands, nowMs);
  if (!output.form && core.pvCurtailment.limitW < commands.pvLimitW) commands.pvLimitW = core.pvCurtailment.limitW;
  return commands;
}

/** Follows the grid: charging, discharging, ready at zero, ready to hold the bus when K1 opens, or off. */
function follow(core: Core, { evses }: Snapshot, i: number, command: StageCommand): void {
  const powerW = core.commandW[i]!;
  const serves = core.machine.output.mayCharge || core.machine.output.mayDischarge;
  command.powerW = serves ? powerW : 0;
  command.role = !serves || !evses[i]!.connected ? "off" : powerW < 0 ? "discharge" : "charge";
  if (command.role === "off") command.powerW = 0;
  const holds = core.machine.output.seamlessTransfer && core.planned.carries[i] === 1 && command.role !== "off";
  if (holds) command.role = "hold";
  command.reactiveVar = command.role === "off" ? 0 : core.reactiveVar[i]!;
  command.formVoltagePu = holds ? 1 : 0;
  command.formFrequencyHz = holds ? core.islandConfig.nominalFrequencyHz : 0;
}

/**
 * The vehicle port follows the session, whatever the site's mode: contactors belong to vehicle and session, power to the core.
 * A vehicle that is silent gets no current; when nobody carries its session any more, its contactors open as well.
 */
function servePort(evse: EvseFacts, command: StageCommand, nowMs: number): void {
  if (!evse.served) {
    command.portPhase = "none";
    return;
  }
  const isCarried = nowMs - evse.orderAtMs <= orderMaxMs;
  const { portPhase } = evse;
  command.portPhase = isCarried || portPhase === "idle" ? portPhase : "stopped";
  const heard = portPhase === "energy" && nowMs - evse.vehicleAtMs <= evse.vehicleForMs;
  const mayFlow = isCarried && (heard || portPhase === "precharge");
  command.portVoltageV = mayFlow ? evse.portVoltageV : 0;
  command.portChargeA = mayFlow ? evse.portChargeA : 0;
  command.portDischargeA = mayFlow ? evse.portDischargeA : 0;
  command.portDutyPct = isCarried ? evse.portDutyPct : 100;
}

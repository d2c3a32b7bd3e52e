/**
 * What one `step()` decides: written in place into an object made once. Every command is a lease: the bridge repeats it
 * each cycle and the device below reverts to its safe value when it stops coming.
 */
import type { PortPhase } from "../domain/facts.table.ts";
import type { BondCommand, Role, TransferCommand } from "../domain/modes.ts";

/** A setpoint for one power stage. Positive charges. */
export interface StageCommand {
  /** `off` means cease to energize: contactor may open, gates blocked. */
  role: Role;
  powerW: number;
  /** Positive absorbs (the core's sign); the bridge flips to injection. */
  reactiveVar: number;
  /** Setpoints while forming. */
  formVoltagePu: number;
  formFrequencyHz: number;
  /** Its vehicle port: `none` where nobody speaks with vehicles there. */
  portPhase: PortPhase;
  portVoltageV: number;
  /** The most current that may flow each way; 0 blocks the output at once. */
  portChargeA: number;
  portDischargeA: number;
  /** Duty cycle of the control pilot: 5 % for sessions, 100 % while none is offered. */
  portDutyPct: number;
  /** Moment after which the bridge must not write this any more, ms of the monotonic clock. */
  leaseUntilMs: number;
}

/**
 * What one cycle orders: the stages, the transfer device, tiers and PV. Written in place, handed to the bridge as a whole.
 */
export interface Commands {
  /**
   * False means silence: write nothing at all, not even a heartbeat, so that a stage that forms an island is bounded by
   * its own watchdog while the controller finds out where it is (mode `unknown`).
   */
  commandsEnabled: boolean;
  /** Every fact that the present mode rests on was fresh in this cycle: the heartbeat may advance (`needs.ts`). */
  heartbeatAllowed: boolean;
  stages: StageCommand[];
  transferDevice: TransferCommand;
  /** Advances once for each close; the device closes at most once for each number. */
  closeSequence: number;
  /** The island's bond between neutral and ground. */
  bond: BondCommand;
  /** Largest PV power allowed behind K1, W; Infinity where it is not curtailed. */
  pvLimitW: number;
  /** For each tier, whether its breaker should be closed. */
  tierClosed: boolean[];
}

/** Commands in which everything is off and nothing is said. */
export function createCommands(stageCount: number, tierCount: number): Commands {
  return {
    commandsEnabled: false,
    heartbeatAllowed: false,
    stages: Array.from({ length: stageCount }, () => ({
      role: "off" as Role,
      powerW: 0,
      reactiveVar: 0,
      formVoltagePu: 0,
      formFrequencyHz: 0,
      portPhase: "none" as PortPhase,
      portVoltageV: 0,
      portChargeA: 0,
      portDischargeA: 0,
      portDutyPct: 100,
      leaseUntilMs: Number.NEGATIVE_INFINITY,
    })),
    transferDevice: "none",
    closeSequence: 0,
    bond: "keep",
    pvLimitW: Number.POSITIVE_INFINITY,
    tierClosed: new Array<boolean>(tierCount).fill(true),
  };
}

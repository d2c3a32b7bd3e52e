/** What can be wrong with a power stage. Everything here is off until a test or a person turns it on. */
import type { Role } from "../../../src/domain/modes.ts";

export class StageFaults {
  /** Firmware hangs: it takes no commands and no heartbeat, and its own heartbeat stops; the power stays where it is. */
  hung = false;
  /** Local control: writes are ignored. */
  local = false;
  /** "Off" has no effect. */
  neverStops = false;
  refusesForming = false;
  /** Forms the bus without being told. */
  formsItself = false;
  /** Gives back half its rating without being told. */
  dischargesItself = false;
  /** Power stays at its present value. */
  stuck = false;
  antiIslandingOff = false;
  /** The role that it reports, whatever it does. */
  reportedRole: Role | undefined = undefined;
  /** Multiplies its lag. */
  slowness = 1;
  /** Share of its rating that is left (temperature). */
  derating = 1;
  /** Added to its dead time, ms. */
  deadTimeMs = 0;
  /** It looks at what was written once in this time, ms; 0 as it was built. */
  commandPeriodMs = 0;
  /** Fastest change of power, of its rating a second; Infinity as it was built. */
  slewPuPerS = Number.POSITIVE_INFINITY;

  constructor() {
    this.clear();
  }

  clear(): void {
    this.hung = false;
    this.local = false;
    this.neverStops = false;
    this.refusesForming = false;
    this.formsItself = false;
    this.dischargesItself = false;
    this.stuck = false;
    this.antiIslandingOff = false;
    this.reportedRole = undefined;
    this.slowness = 1;
    this.derating = 1;
    this.deadTimeMs = 0;
    this.commandPeriodMs = 0;
    this.slewPuPerS = Number.POSITIVE_INFINITY;
  }
}

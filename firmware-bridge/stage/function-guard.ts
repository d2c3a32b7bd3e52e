/**
 * Watches the grid-support functions of one stage: brings them to the profile once while the stage is idle, then compares
 * them every minute and after each reconnection. A mismatch is only reported and blocks the stage; it is not written over,
 * because somebody or something changed a protection and a person has to know. It clears when the registers agree again,
 * or when `reset` has them written anew.
 */
import type { Clock } from "../../src/protocols/modbus/link.ts";
import type { ModelImage } from "../../src/protocols/sunspec/chain.ts";
import type { BridgeDevice } from "../device/device.ts";
import type { DeviceFault } from "../device/faults.table.ts";
import { type FunctionSettings, type ModelPlan, planFunctions } from "./function-plan.ts";
import {
  compareWithBaseline,
  compareWithPlan,
  type FunctionMismatch,
  readFunctionImages,
  writeFunctions,
} from "./functions.ts";
import { RegisterError, StageRegisters } from "./stage-registers.ts";

/** Time between two comparisons: with the pace of the caller and a stage that holds it up it stays under a minute. */
const functionCheckMs = 40_000;
/** A comparison that cannot be repeated for this long no longer proves anything. */
const provenMaxMs = 120_000;

/** Watches that a stage's grid functions stay as they were set; a mismatch blocks the stage. */
export class FunctionGuard {
  /** Null as long as everything agrees. */
  mismatch: FunctionMismatch | null = null;
  fault: DeviceFault | null = null;
  /** Whether the profile was found in force at the last comparison, and it is young enough. */
  agrees = false;
  /** The utility permits service; 703.ES is to say so. */
  permitted = true;
  /** The plan while service is permitted, and while it is not. */
  readonly #plans: Readonly<Record<"permitted" | "forbidden", readonly ModelPlan[]>>;
  readonly #reactiveByController: boolean;
  readonly #clock: Clock;
  #baseline: ReadonlyMap<number, ModelImage> | undefined;
  #checkedMs = Number.NEGATIVE_INFINITY;
  #agreedMs = Number.NEGATIVE_INFINITY;

  constructor(settings: FunctionSettings, reactiveByController: boolean, clock: Clock) {
    this.#plans = {
      permitted: planFunctions(settings, { reactiveByController }),
      forbidden: planFunctions({ ...settings, permitService: false }, { reactiveByController }),
    };
    this.#reactiveByController = reactiveByController;
    this.#clock = clock;
  }

  get due(): boolean {
    return this.#clock() - this.#checkedMs >= functionCheckMs;
  }

  get #plan(): readonly ModelPlan[] {
    return this.permitted ? this.#plans.permitted : this.#plans.forbidden;
  }

  /** What 703.ES is to be now. */
  get permitPoint(): number {
    const points = this.#plan.find(({ model }) => model === 703)?.points ?? [];
    return points.find(([path]) => path === "ES")?.[1] ?? 0;
  }

  /** Compares at the next opportunity. `trusted` false: the stage may have changed meanwhile, so it counts as unproven. */
  checkSoon(trusted: boolean): void {
    this.#checkedMs = Number.NEGATIVE_INFINITY;
    if (!trusted) this.agrees = false;
  }

  /** Has the functions written anew at the next opportunity: a person's decision after a mismatch. */
  reset(): void {
    this.#baseline = undefined;
    this.checkSoon(false);
  }

  /** Reads and compares; writes only if the profile was never found in force and `mayWrite`. */
  async check(device: BridgeDevice, mayWrite: boolean): Promise<void> {
    const bound = device.bound;
    if (bound === undefined) return;
    const registers = new StageRegisters(device, bound.images);
    try {
      let images = await readFunctionImages(registers);
      let mismatch = compareWithPlan(images, this.#plan);
      if (mismatch !== null && this.#baseline === undefined && mayWrite) {
        await writeFunctions(registers, this.#plan, images, this.#clock);
        images = await readFunctionImages(registers);
        mismatch = compareWithPlan(images, this.#plan);
      }
      if (mismatch === null && this.#baseline === undefined) this.#baseline = images;
      if (mismatch === null && this.#baseline !== undefined) {
        mismatch = compareWithBaseline(images, this.#baseline, {
          hasStageModel: registers.hasStageModel,
          reactiveByController: this.#reactiveByController,
        });
      }
      this.#conclude(mismatch);
      // What only waits for the stage to become idle is looked at again soon.
      if (mismatch !== null && this.#baseline === undefined && !mayWrite) this.#checkedMs = Number.NEGATIVE_INFINITY;
    } catch (error) {
      if (!(error instanceof RegisterError)) throw error;
      // Not reached is not altered: tried again at the next opportunity, and unproven when that takes too long.
      this.fault = error.deviceFault;
      if (this.#clock() - this.#agreedMs > provenMaxMs) this.agrees = false;
    }
  }

  #conclude(mismatch: FunctionMismatch | null): void {
    this.mismatch = mismatch;
    this.agrees = mismatch === null;
    this.#checkedMs = this.#clock();
    if (mismatch === null) this.#agreedMs = this.#checkedMs;
    this.fault = mismatch === null ? null : mismatchFault(mismatch);
  }
}

function mismatchFault({ register, expected, found }: FunctionMismatch): DeviceFault {
  const detail = `${register}: expected ${expected}, found ${Number.isNaN(found) ? "nothing" : found}`;
  return { fault: register === "704.AntiIslEna" ? "anti-islanding-off" : "function-mismatch", detail };
}

/** The power that a stage has been told and has acknowledged, whatever its map says it in. */
import { roleNames } from "../../src/domain/modes.ts";
import { stageCommand } from "../command-targets.ts";
import type { WriteRequest } from "../device/device-writer.ts";
import { commandNames } from "../maps/device-map.ts";

const offCode = roleNames.indexOf("off");
const chargeCode = roleNames.indexOf("charge");
const formingCode = roleNames.indexOf("forming");
/** Commands that have a part in it. */
const parts: readonly number[] = [
  stageCommand.roleCode,
  stageCommand.operate,
  stageCommand.powerW,
  stageCommand.chargeW,
  stageCommand.dischargeW,
  stageCommand.magnitudeW,
];

/** Remembers what each request has said. */
export class SaidPower {
  readonly #said = new Float64Array(commandNames.stage.length).fill(Number.NaN);

  /** A request was acknowledged. The setpoint that is in force then, W, charging positive; NaN when it said nothing of it. */
  after({ places, sent }: WriteRequest): number {
    let isPart = false;
    for (let i = 0; i < places.length; i += 1) {
      const { index } = places[i]!;
      this.#said[index] = sent[i]!;
      isPart ||= parts.includes(index);
    }
    return isPart ? this.#powerW() : Number.NaN;
  }

  /** Whether what is in force lets the stage give power, or form. */
  get letsGive(): boolean {
    return this.#said[stageCommand.roleCode]! >= formingCode || this.#powerW() < 0;
  }

  forget(): void {
    this.#said.fill(Number.NaN);
  }

  #powerW(): number {
    const said = this.#said;
    if (said[stageCommand.roleCode] === offCode || said[stageCommand.operate] === 0) return 0;
    const powerW = said[stageCommand.powerW]!;
    if (!Number.isNaN(powerW)) return powerW;
    const magnitudeW = said[stageCommand.magnitudeW]!;
    if (!Number.isNaN(magnitudeW)) return said[stageCommand.roleCode] === chargeCode ? magnitudeW : -magnitudeW;
    const chargeW = said[stageCommand.chargeW]!;
    const dischargeW = said[stageCommand.dischargeW]!;
    if (Number.isNaN(chargeW) && Number.isNaN(dischargeW)) return Number.NaN;
    return (chargeW > 0 ? chargeW : 0) - (dischargeW > 0 ? dischargeW : 0);
  }
}

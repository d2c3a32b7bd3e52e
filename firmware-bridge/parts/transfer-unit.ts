/** A transfer device in one box: its readings in the process image, its commands, and which close it was given last. */
import { transferCommandNames } from "../../src/domain/modes.ts";
import { applyTransferDevice, type TransferDeviceContext, transferDeviceFact } from "../apply-facts.ts";
import { isNewer, setTransferDeviceTargets, transferDeviceCommand } from "../command-targets.ts";
import type { DevicePart } from "../cycle/device-cycle.ts";
import type { BridgeDevice } from "../device/device.ts";
import type { WriteRequest } from "../device/device-writer.ts";
import type { CommandsPort, SnapshotPort } from "../ports.ts";

const closeCode = transferCommandNames.indexOf("close");

/** Reads and moves a transfer device that answers for itself. */
export class TransferUnit implements DevicePart {
  readonly device: BridgeDevice;
  readonly #context: TransferDeviceContext;

  /** Voltages: nominal of the service, and of one phase, V. */
  constructor(make: (part: DevicePart) => BridgeDevice, nominalVoltageV: number, phaseVoltageV: number) {
    this.#context = { nominalVoltageV, phaseVoltageV, countsCloses: true, closeSequence: 0 };
    this.device = make(this);
  }

  bound(): void {
    this.#context.countsCloses = this.device.bound!.map.facts.some((row) => row.name === "closeSequence");
  }

  take(snapshot: SnapshotPort): boolean {
    const { values, factsAtMs } = this.device.reader!;
    applyTransferDevice(values, factsAtMs, this.device.life!.liveAtMs, this.#context, snapshot.transferDevice);
    return true;
  }

  /** What its registers shall hold from now on. */
  aim(commands: CommandsPort): void {
    const { writer } = this.device;
    if (writer === undefined) return;
    const { countsCloses, closeSequence } = this.#context;
    const mayClose = countsCloses || isNewer(commands.closeSequence, closeSequence);
    setTransferDeviceTargets(writer.targets, commands.transferDevice, commands.closeSequence, mayClose);
    writer.targets[transferDeviceCommand.token] = this.device.fact(transferDeviceFact.clockMs);
  }

  /** A close that was acknowledged by a device that does not count them is not given again. */
  wrote(request: WriteRequest, acknowledged: boolean): void {
    if (!acknowledged || this.#context.countsCloses) return;
    for (let i = 0; i < request.places.length; i += 1) {
      const { index } = request.places[i]!;
      const value = request.sent[i]!;
      const closes =
        (index === transferDeviceCommand.command && value === closeCode) ||
        (index === transferDeviceCommand.closeCoil && value === 1);
      if (closes) this.#context.closeSequence = this.device.writer!.targets[transferDeviceCommand.closeSequence]!;
    }
  }
}

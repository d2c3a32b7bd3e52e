/** The load panel: the tiers' loads in the process image, and which tiers it feeds. */
import { applyLoadPanel, loadPanelFact } from "../apply-facts.ts";
import { loadPanelCommand, setLoadPanelTargets } from "../command-targets.ts";
import type { DevicePart } from "../cycle/device-cycle.ts";
import type { BridgeDevice } from "../device/device.ts";
import { isForgotten } from "../device/device-health.ts";
import type { CommandsPort, SnapshotPort } from "../ports.ts";

/** Reads and moves the panel's contactors. */
export class LoadPanelUnit implements DevicePart {
  readonly device: BridgeDevice;

  constructor(make: (part: DevicePart) => BridgeDevice) {
    this.device = make(this);
  }

  take(snapshot: SnapshotPort): boolean {
    applyLoadPanel(this.device.reader!.values, this.device.life!.liveAtMs, snapshot.site);
    return true;
  }

  /** What has not answered for long tells nothing: the loads are unknown. */
  forget(snapshot: SnapshotPort, nowMs: number): void {
    if (isForgotten(this.device, nowMs)) snapshot.site.tierLoadW.fill(Number.NaN);
  }

  /** What its registers shall hold from now on. */
  aim(commands: CommandsPort): void {
    const { writer } = this.device;
    if (writer === undefined) return;
    setLoadPanelTargets(writer.targets, commands.tierClosed);
    writer.targets[loadPanelCommand.token] = this.device.fact(loadPanelFact.clockMs);
  }
}

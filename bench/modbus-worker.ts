/** Register servers of stages for `bench/modbus.ts`, in a process of their own. Ends with its parent. */
import { startModbusServer } from "../sim/peers/modbus-server.ts";
import { createStageFace } from "../sim/peers/register-faces-stage.ts";
import { FakeStage } from "../tests/firmware-bridge/fake-plant.ts";

const count = Number(process.argv[2]);
const clock = (): number => performance.now();
const commandsKept = 100;
const ports: number[] = [];
for (let i = 0; i < count; i += 1) {
  const stage = new FakeStage(60_000, `S-${i + 1}`);
  const server = await startModbusServer({ units: new Map([[1, createStageFace(stage, { clock }).face]]) });
  ports.push(server.port);
  setInterval(() => {
    stage.commands.splice(0, Math.max(0, stage.commands.length - commandsKept));
    stage.commandMs.splice(0, Math.max(0, stage.commandMs.length - commandsKept));
  }, 1_000);
}
process.on("disconnect", () => process.exit(0));
process.send?.(ports);

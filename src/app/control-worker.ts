/** The control thread: the control cycle in a worker of its own. */
import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../domain/result.ts";
import { type ControlRequest, type ControlStart, startControl } from "./control.ts";
import { tuneForSteadyTick } from "./v8-tuning.ts";

tuneForSteadyTick();
invariant(parentPort !== null, "the control thread is a worker");
const port = parentPort;
const control = startControl(workerData as ControlStart, (message) => port.postMessage(message));

port.on("message", async (request: ControlRequest) => {
  switch (request.kind) {
    case "reset-figures":
      return control.resetFigures();
    case "acknowledge-ledgers":
      return control.acknowledgeLedgers();
    case "reset-functions":
      return control.resetFunctions(request.stage);
    case "stop":
      await control.stop();
      port.close();
  }
});

/** The control thread: the control cycle in a worker of its own. */
import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../domain/result.ts";
import { type ControlStart, startControl } from "./control.ts";

invariant(parentPort !== null, "the control thread is a worker");
const port = parentPort;
const control = startControl(workerData as ControlStart, (message) => port.postMessage(message));

port.on("message", async (message: { readonly kind: "stop" | "reset-figures" }) => {
  if (message.kind === "reset-figures") control.resetFigures();
  if (message.kind !== "stop") return;
  await control.stop();
  port.close();
});

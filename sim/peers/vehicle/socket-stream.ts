/** A socket as the stream of bytes that a simulated vehicle speaks over. */
import type { Socket } from "node:net";
import type { Stream } from "./vehicle.ts";

export function streamOf(socket: Socket): Stream {
  const came: Uint8Array[] = [];
  let closed = false;
  let wake = (): void => undefined;
  const end = (): void => {
    closed = true;
    wake();
  };
  socket.setNoDelay(true);
  socket.on("data", (bytes: Buffer) => {
    came.push(bytes);
    wake();
  });
  socket.on("close", end);
  socket.on("error", end);
  return {
    send: (bytes) => void (closed || socket.write(bytes)),
    async next() {
      while (came.length === 0 && !closed)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      return came.shift();
    },
  };
}

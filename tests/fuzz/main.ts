/** `npm run -s fuzz -- --frames 1000000`: the attack of `vehicle-fuzz.ts` in full. Exit code 1 when something was disturbed. */
import { parseArgs } from "node:util";
import { fuzz } from "./vehicle-fuzz.ts";

const { values } = parseArgs({
  options: {
    frames: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    "tls-share": { type: "string", default: "0.3" },
  },
});
let said = 0;
const result = await fuzz({
  frames: Number(values.frames),
  seed: Number(values.seed),
  tlsShare: Number(values["tls-share"]),
  onProgress(sent) {
    if (sent - said < 100_000) return;
    said = sent;
    process.stderr.write(`${sent} frames\n`);
  },
});
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
const grown = result.heapAfterMb - result.heapBeforeMb;
if (result.badSessions.length > 0 || result.left > 0 || result.closedWithoutLoop > 0 || grown > 30)
  process.exitCode = 1;

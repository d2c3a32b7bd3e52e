/**
 * One setting of the JavaScript engine for processes that step the core. A number that crosses a call which the compiler has
 * not inlined is put on the heap; with the standard budget (920 bytecodes for each function) the chains of limits cost 32
 * bytes per EVSE and tick, with this one none. Measured by `npm run -s bench -- core`. Call it before the core is loaded hot.
 */
import { setFlagsFromString } from "node:v8";

const inlinedBytecodesMax = 3_000;

export function tuneForSteadyTick(): void {
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${inlinedBytecodesMax}`);
}

/** Holds the lock of a site until it is killed. */
import { join } from "node:path";
import { plainSite } from "../../src/app/site/composition.ts";
import { loadSite } from "../../src/app/site/load-config.ts";
import { lockSite } from "../../src/app/site/site-lock.ts";

const { config, profile } = loadSite(join(import.meta.dirname, "../../config/home.yaml"));
const [stateDir, port] = [process.argv[2]!, Number(process.argv[3])];
const { transferDevice: _, loadPanel: __, ...rest } = config;
const stage = { ...config.evses[0]!.stage, host: "127.0.0.1", port, unitId: 1 };
await lockSite(plainSite({ ...rest, pv: [], evses: [{ ...config.evses[0]!, stage }], stateDir }, profile));
process.send?.("held");
setInterval(() => undefined, 1_000);

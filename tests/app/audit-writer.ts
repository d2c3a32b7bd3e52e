/** A process that writes audit records until it is killed, and says which ones it has been promised: run by `audit.test.ts`. */
import { writeSync } from "node:fs";
import { openAudit } from "../../src/app/audit/audit.ts";

const audit = openAudit({ path: process.argv[2]!, now: Date.now });
for (let i = 0; i < 100_000; i++) {
  const { seq } = audit.append({ kind: "test", actor: "writer", body: { i, filling: "x".repeat(i % 700) } });
  writeSync(1, `${seq}\n`);
}

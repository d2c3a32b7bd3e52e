/**
 * Many open pages, in a process of their own as browsers are: `node bench/lib/open-pages.ts URL COUNT`. Says "open" when all
 * are, counts what they receive, and tells it when its input ends.
 */
import { Agent, get } from "node:http";

const [url = "", count = "1"] = process.argv.slice(2);
const pages = Number(count);
const agent = new Agent({ maxSockets: pages, keepAlive: false });
let opened = 0;
let bytes = 0;
for (let i = 0; i < pages; i++)
  get(`${url}/api/v1/events`, { agent }, (response) => {
    if (++opened === pages) process.stdout.write("open\n");
    response.on("data", (part: Buffer) => {
      bytes += part.length;
    });
    response.on("error", () => undefined);
  }).on("error", (failure) => {
    process.stderr.write(`${failure.message}\n`);
    process.exit(1);
  });
process.stdin.resume();
process.stdin.on("end", () => {
  process.stdout.write(`${JSON.stringify({ bytes })}\n`);
  process.exit();
});

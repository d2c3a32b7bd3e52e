/** How long a reply is waited for: short where replies are fast, longer where they are slow or stay away. */
import { describe, expect, it } from "vitest";
import { ReplyTime } from "../../firmware-bridge/device/reply-time.ts";

const mostMs = 1_000;

function waitAfter(of: "read" | "write", replies: readonly number[], missed = 0): number {
  const time = new ReplyTime(of);
  for (const latencyMs of replies) time.took(latencyMs);
  for (let i = 0; i < missed; i += 1) time.missed();
  return time.timeoutMs(mostMs);
}

describe("how long a reply is waited for", () => {
  const fast = [2, 3, 2, 4];
  const jittery = [...Array<number>(30).fill(15), 40];
  it.each([
    ["nothing known yet: as long as the settings allow", waitAfter("read", []), 1_000],
    ["a fast device: a tenth of a second", waitAfter("read", fast), 100],
    ["one lost: twice that", waitAfter("read", fast, 1), 200],
    ["many lost: as long as the settings allow", waitAfter("read", fast, 9), 1_000],
    ["a slow device: three times its slowest reply", waitAfter("read", [80, 90]), 270],
    [
      "one slow reply among fast ones: a stage that counts as silent after 300 ms can be read again",
      waitAfter("read", jittery),
      120,
    ],
    ["a write: six times, for giving it up costs the connection", waitAfter("write", jittery), 240],
  ])("%s", (_, timeoutMs, expectedMs) => expect(timeoutMs).toBeCloseTo(expectedMs));
});

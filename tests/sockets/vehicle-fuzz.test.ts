/** A few thousand of the frames of `npm run fuzz`, on every run of the suite. */
import { expect, it } from "vitest";
import { fuzz } from "../fuzz/vehicle-fuzz.ts";

it("frames that no vehicle sends, plain and inside TLS: nothing breaks, and the vehicle at the next place does not notice", async () => {
  const result = await fuzz({ frames: 5_000, tlsShare: 0.3, seed: 5 });
  expect(result).toMatchObject({ badSessions: [], left: 0, closedWithoutLoop: 0 });
  expect(result.frames).toBeGreaterThanOrEqual(5_000);
  expect(result.tlsFrames).toBeGreaterThan(500);
  expect(result.goodSessions).toBeGreaterThan(0);
}, 60_000);

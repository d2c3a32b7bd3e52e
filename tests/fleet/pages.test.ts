/** The fleet's list of sites: an alarm is told above it, and on a narrow screen each value still says what it is. */
import { expect, test } from "vitest";
import { sitesPage } from "../../fleet/api/pages.ts";
import { createLightSite } from "../../fleet/demo/light-site.ts";

const nowMs = Date.UTC(2027, 0, 31, 12);
const site = createLightSite({ site: "light-1", name: "A <b>", index: 3, startMs: nowMs, sinceMs: nowMs, keys: [] });
const row = (heardMs: number) => ({ site: "light-1", heard_ms: heardMs, state: site.state(nowMs) });
const page = (alarms: readonly string[], heardMs = nowMs): string =>
  sitesPage(
    { total: 1, sites: [row(heardMs)] },
    0,
    alarms.map((sentence) => ({ site: "light-1", sentence })),
    new URLSearchParams(),
    nowMs,
  );

test("each value that is no sentence carries its column's name, and names are text", () => {
  const labels = [...page([]).matchAll(/<td class="n" data-label="([^"]+)">/g)].map(([, label]) => label);
  expect(labels).toEqual(["Needs you", "At the grid", "Ready", "Heard"]);
  expect(page([])).toContain("A &lt;b&gt;");
  expect(page([])).not.toContain("#alarms");
  expect(page([], nowMs - 900_000)).toContain("Last heard 15 min ago");
});

test.each([
  [["cut"], "One record contradicts another"],
  [["cut", "forged"], "2 records contradict others"],
])("%s: told above the list, with a way to it", (alarms, words) => {
  const html = page(alarms);
  expect(html.indexOf(words)).toBeGreaterThan(0);
  expect(html.indexOf(words)).toBeLessThan(html.indexOf("<table>"));
  expect(html).toContain('id="alarms"');
});

/**
 * Pages in each language, pictured and judged, by hand: `node tests/browser/languages.ts [--folder DIR] [--state NAME]`. At 390 and
 * 1440 px: no sideways scroll, no clipped text, no cut button; axe clean. Writes what it found and ends with 1 where it found something.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sampleNames, sampleState } from "../dashboard/sampleStates.ts";
import { launch, openSite, visit } from "./browser.ts";

const { values } = parseArgs({
  options: { folder: { type: "string", default: "/tmp/islet-languages" }, state: { type: "string" } },
});
mkdirSync(values.folder, { recursive: true });
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const places = [
  "/fleet",
  "/fleet/vehicles",
  "/fleet/plan",
  "/fleet/reserve",
  "/fleet/grid-events",
  "/history",
  "/events",
  "/installation",
  "/alerts",
  "/updates",
];
const browser = await launch();
const site = await openSite("installer");
let found = 0;
try {
  const states = sampleNames.filter((name) => values.state === undefined || name === values.state);
  for (const locale of ["de-DE", "es-ES"])
    for (const width of [1440, 390]) {
      const colorScheme = width === 390 ? "dark" : "light";
      const viewport = { width, height: width < 700 ? 844 : 960 };
      const { page, close, errors } = await visit(browser, site.url, {
        viewport,
        colorScheme,
        locale,
        bypassCSP: true,
        reducedMotion: "reduce",
      });
      const judge = async (name: string): Promise<void> => {
        const file = join(values.folder, `${locale.slice(0, 2)}-${name}-${width}.png`);
        await page.screenshot({ path: file, fullPage: true });
        const said = await page.evaluate(() => {
          const out: string[] = [];
          const root = document.documentElement;
          if (root.scrollWidth > root.clientWidth)
            out.push(`page scrolls sideways: ${root.scrollWidth} > ${root.clientWidth}`);
          for (const element of document.querySelectorAll<HTMLElement>("main *, header *, nav *, footer *")) {
            const style = getComputedStyle(element);
            // What is hidden on purpose is heard, not seen: the headings of a table whose rows are cards.
            const isHidden = (one: Element | null): boolean =>
              one !== null && (getComputedStyle(one).clipPath === "inset(50%)" || isHidden(one.parentElement));
            if (element.closest(".sr,.scroll,svg") || isHidden(element) || style.display === "inline") continue;
            const clips = style.overflowX === "hidden" || style.overflowX === "clip" || element.tagName === "BUTTON";
            if (clips && element.scrollWidth > element.clientWidth + 1)
              out.push(
                `cut: ${element.tagName}.${element.className} “${element.textContent?.trim().slice(0, 60)}” ${element.scrollWidth} > ${element.clientWidth}`,
              );
          }
          out.push(...(root.lang === navigator.language.slice(0, 2) ? [] : [`lang is ${root.lang}`]));
          return out;
        });
        await page.addScriptTag({ content: axe });
        const violations = await page.evaluate(async () => {
          const { axe } = window as unknown as {
            axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
          };
          return (await axe.run()).violations.map(({ id, nodes }) => `axe: ${id} ${nodes[0]?.html.slice(0, 120)}`);
        });
        const all = [...said, ...violations, ...errors.splice(0)];
        found += all.length;
        process.stdout.write(`${file}${all.map((one) => `\n  ${one}`).join("")}\n`);
      };
      for (const name of states) {
        site.source.set(sampleState(name));
        await page.waitForTimeout(900);
        await judge(name);
      }
      for (const place of values.state === undefined ? places : []) {
        await page.goto(site.url + place);
        await judge(place.slice(1).replaceAll("/", "-"));
      }
      await close();
    }
} finally {
  await browser.close();
  await site.board.close();
}
process.exitCode = found > 0 ? 1 : 0;

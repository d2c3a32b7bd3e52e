/**
 * Pictures of the page for the documents: `node tests/browser/screenshots.ts [--url ADDRESS --name NAME] [--folder DIR]`.
 * With an address it pictures the site that runs there as it is now (1440 and 390 px, light and dark); without one, the
 * five sample states that the tests use.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sampleNames, sampleState } from "../dashboard/sampleStates.ts";
import { launch, openSite, visit } from "./browser.ts";

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    name: { type: "string", default: "site" },
    folder: { type: "string", default: "docs/screenshots" },
    full: { type: "boolean" },
  },
});
mkdirSync(values.folder, { recursive: true });
const browser = await launch();
const site = values.url ? null : await openSite("operator");
try {
  for (const name of values.url ? [values.name] : sampleNames) {
    if (site) site.source.set(sampleState(name as (typeof sampleNames)[number]));
    for (const width of [1440, 390])
      for (const colorScheme of ["light", "dark"] as const) {
        const { page, close } = await visit(browser, values.url ?? site?.url ?? "", {
          viewport: { width, height: width < 700 ? 844 : 960 },
          colorScheme,
          reducedMotion: "reduce",
        });
        await page.waitForSelector("#plot canvas");
        await page.waitForTimeout(300);
        const file = join(values.folder, `${name}-${width}-${colorScheme}.png`);
        await page.screenshot({ path: file, fullPage: values.full ?? false });
        process.stdout.write(`${file}\n`);
        await close();
      }
  }
} finally {
  await browser.close();
  await site?.board.close();
}

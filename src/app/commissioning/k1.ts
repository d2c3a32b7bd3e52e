/** Step "k1": a planned island. K1 opens and is proven open, the first tier is started from black, and the grid is taken back. */
import { type Finding, finding, type Step } from "./step.ts";

const openMaxMs = 30_000;
const islandMaxMs = 90_000;
const stayMs = 8_000;
const backMaxMs = 180_000;

export const k1Step: Step = {
  id: "k1",
  title: "Transfer device, black start, return",
  needs: "hands",
  applies: ({ config }) =>
    config.transferDevice !== undefined &&
    config.transferDevice.kind !== "none" &&
    config.evses.some(({ gridForming }) => gridForming),
  does: ({ config }) =>
    `parts the site from the grid: what hangs behind K1 is without supply for a moment${config.tiers[0] === undefined ? "" : ` and then fed from the vehicles, ${config.tiers[0].name} first`}; after some seconds it returns`,
  run: async ({ nudger, site: { config }, say }) => {
    const findings: Finding[] = [];
    const device = "K1";
    const contacts = nudger.report?.site;
    if (contacts === undefined || contacts.contactNo !== "closed" || contacts.contactNc !== "closed")
      return {
        findings: [
          finding(
            "fail",
            device,
            `both contacts must say closed at the start; they say ${contacts?.contactNo} (NO) and ${contacts?.contactNc} (NC). Check their wiring and the meaning of each (CONTRACT.md, number 4).`,
          ),
        ],
      };
    const ready = await nudger.until(({ site }) => site.backupOK, 20_000);
    if (!ready) {
      const refusal = nudger.report?.site.backupRefusal || "not told";
      return { findings: [finding("not tried", device, `islands are not permitted here now (${refusal})`)] };
    }
    nudger.startRecording();
    nudger.wantIsland(true);
    let toldMs = Number.NaN;
    await nudger.until(({ site }) => {
      if (Number.isNaN(toldMs) && site.transferCommand === "open") toldMs = site.atMs;
      return site.contactNo === "open" && site.contactNc === "open";
    }, openMaxMs);
    const open = nudger.report!.site;
    if (open.contactNo !== "open" || open.contactNc !== "open") {
      nudger.wantIsland(false);
      findings.push(
        finding(
          "fail",
          device,
          `told to open; its contacts say ${open.contactNo} (NO) and ${open.contactNc} (NC) after ${openMaxMs / 1_000} s, in the mode ${open.mode}.`,
        ),
      );
      return { findings, looks: nudger.stopRecording().looks };
    }
    const travelMs = open.atMs - toldMs;
    const configuredMs = config.transferDevice!.travelMs;
    const told = `both contacts say open ${travelMs.toFixed(0)} ms after the order, configured ${configuredMs ?? "nothing"} ms`;
    const late = configuredMs !== undefined && travelMs > configuredMs + 3 * config.loop.periodMs + 20;
    findings.push(
      finding(
        late ? "fail" : "pass",
        device,
        late ? `${told}. Set transferDevice.travelMs to ${Math.ceil(travelMs / 10) * 10}.` : `${told}.`,
      ),
    );
    const dead = open.busVoltagePu;
    say("K1 is open; the island starts.");
    const openAtMs = open.atMs;
    const running = await nudger.until(({ site }) => site.mode === "islandRunning", islandMaxMs);
    const now = nudger.report!.site;
    if (!running) {
      findings.push(
        finding(
          "fail",
          "island",
          `not running after ${islandMaxMs / 1_000} s: mode ${now.mode}${now.startRefusal === "" ? "" : `, ${now.startRefusal}`}.`,
        ),
      );
    } else {
      await nudger.wait(stayMs);
      const { stages, site, tiers } = nudger.report!;
      const forming = stages.filter(({ role }) => role === "forming").length;
      const afterS = (now.atMs - openAtMs) / 1_000;
      findings.push(
        finding(
          "pass",
          "island",
          `from black (${(100 * dead).toFixed(0)} % of nominal) to running in ${afterS.toFixed(1)} s; ${forming === 1 ? "one stage" : `${forming} stages`} forming, ${(100 * site.busVoltagePu).toFixed(1)} % and ${site.busFrequencyHz.toFixed(2)} Hz.`,
        ),
      );
      const fed = tiers.filter(({ closed }) => closed).length;
      if (config.tiers.length > 0)
        findings.push(finding(fed > 0 ? "pass" : "fail", "tiers", `${fed} of ${config.tiers.length} fed.`));
    }
    nudger.wantIsland(false);
    say("Back to the grid.");
    const back = await nudger.until(
      ({ site }) => site.contactNo === "closed" && site.contactNc === "closed" && site.mode !== "islandRunning",
      backMaxMs,
    );
    const end = nudger.report!.site;
    findings.push(
      finding(
        back ? "pass" : "fail",
        device,
        back
          ? `closed again, mode ${end.mode}.`
          : `not closed again ${backMaxMs / 1_000} s after the end was asked for: mode ${end.mode}.`,
      ),
    );
    return { findings, looks: nudger.stopRecording().looks };
  },
};

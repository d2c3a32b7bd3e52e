/**
 * `islet approval`: the utility's package of a site, made from the site's own files; refused where they contradict each other.
 */
import { copyFileSync, existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Command } from "commander";
import { reportHtml } from "../../app/commissioning/report-html.ts";
import { type DocumentSignature, keyFingerprint, signDocument } from "../../app/commissioning/station-key.ts";
import { checkSite } from "../../app/site/load-config.ts";
import { makeFolder, whyOf, writeWhole } from "../../app/store/files.ts";
import {
  type Contradiction,
  contradictionRows,
  contradictionsOf,
  ofComplaint,
} from "../../approval/contradictions.table.ts";
import { type ApprovalPackage, makePackage } from "../../approval/package.ts";
import { packageHtml } from "../../approval/package-html.ts";
import { certifyHtml } from "../../certify/report-html.ts";
import { AskedWrongly } from "../asked.ts";
import { textOf } from "../certify/text-of.ts";
import { clearFolder, type Manifest, manifestFile, manifestName, packageFault, readManifest } from "./folder.ts";
import { type Gathered, gather, sha256 } from "./gather.ts";
import { findBrowser, printPdf } from "./pdf.ts";

interface ApprovalAsk {
  readonly config?: string;
  readonly out?: string;
  readonly certify?: string;
  readonly commissioning?: string;
  readonly pdf: boolean;
  readonly list?: true;
  readonly json?: true;
}

const pdfName = "approval.pdf";
/** Where an installed site has its configuration. */
const usualConfig = "/etc/islet/site.yaml";

export function approvalCommand(program: Command): void {
  const approval = program
    .command("approval")
    .description("make the utility's package of a site: diagram, sheets, settings, proofs, draft of the permit; signed")
    .option("--config <file>", `the site's configuration (default ${usualConfig}, where it is there)`)
    .option("--out <folder>", "where the package goes (default approval-<site>)")
    .option("--certify <file>", "report of `islet certify`; otherwise as configured, or where that command leaves it")
    .option("--commissioning <file>", "report of `islet commission`; otherwise as configured, or in the state folder")
    .option("--no-pdf", "no PDF, also where a Chromium could print one")
    .option("--list", "name the contradictions that are looked for, and make nothing")
    .option("--json", "print JSON")
    .action((ask: ApprovalAsk) => {
      if (ask.list) list(ask.json);
      else process.exitCode = approve(ask);
    });
  approval
    .command("verify")
    .description("check a package: its files, and its signature")
    .argument("<folder>", "the package's folder")
    .option("--key <file>", "the public key that must have signed it, PEM")
    .option("--json", "print JSON")
    .action((folder: string, _own: unknown, command: Command) => {
      process.exitCode = verify(folder, command.optsWithGlobals());
    });
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

function list(json: true | undefined): void {
  if (json) {
    print(JSON.stringify(contradictionRows.map(({ kind, between, todo }) => ({ kind, between, todo }))));
    return;
  }
  for (const { kind, between, todo } of contradictionRows)
    print(`${kind}\n    ${between[0]} against ${between[1]}. ${todo}`);
}

function approve(ask: ApprovalAsk): 0 | 1 {
  const file = ask.config ?? (existsSync(usualConfig) ? usualConfig : undefined);
  if (file === undefined) throw new AskedWrongly("name the configuration: islet approval --config config/depot.yaml");
  const checked = checkSite(file);
  if (!checked.ok) {
    // A file that is not there contradicts nothing.
    if (!existsSync(file)) throw new Error(checked.error[0]!.complaint);
    return refuse(checked.error.map(ofComplaint), ask);
  }
  const gathered = gather(file, checked.value, ask, Date.now());
  const contradictions = contradictionsOf(gathered.evidence);
  if (contradictions.length > 0) return refuse(contradictions, ask);
  return write(ask, gathered);
}

/** Nothing is written; an earlier package stays as it is. */
function refuse(contradictions: readonly Contradiction[], { json }: ApprovalAsk): 1 {
  if (json) print(JSON.stringify({ ok: false, contradictions }));
  else {
    for (const { kind, sentence, here, there, todo } of contradictions)
      print(`${kind}: ${sentence}\n    ${here}\n    ${there}\n    ${todo}`);
    print(`${contradictions.length} to settle. No package was made.`);
  }
  return 1;
}

/** Signs with the station's key, or says who may. */
function signedBy(stateDir: string, text: string): DocumentSignature {
  try {
    return signDocument(stateDir, text);
  } catch (failure) {
    throw new Error(
      `the station's key in ${stateDir} can't be used (${whyOf(failure)}): run this as the user of the site`,
    );
  }
}

const folderName = (site: string): string =>
  `approval-${
    site
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-|-$/g, "") || "site"
  }`;

function write(ask: ApprovalAsk, gathered: Gathered): 0 {
  const { evidence } = gathered;
  const { stateDir } = evidence.site.config;
  const made = makePackage(evidence, `draft-${sha256(`${evidence.runSha256} ${evidence.configSha256}`).slice(0, 32)}`);
  const folder = ask.out ?? folderName(made.data.site);
  const text = JSON.stringify(made.data);
  const signature = signedBy(stateDir, text);
  const key = keyFingerprint(signature.publicKeyPem);
  clearFolder(folder);
  makeFolder(folder);
  const names: string[] = [];
  const put = (name: string, content: string): void => {
    writeWhole(join(folder, name), content);
    names.push(name);
  };
  put("approval.json", `${JSON.stringify({ approval: made.data, signature })}\n`);
  put("one-line.svg", made.oneLine);
  put(made.settings.name, made.settings.csv);
  if (made.draft) put("permit-draft.json", `${JSON.stringify(made.draft, null, 2)}\n`);
  putProofs(gathered, put);
  names.push(...copyPapers(gathered, folder));
  const browser = ask.pdf ? findBrowser() : null;
  const beside = browser === null ? names : [...names, pdfName];
  put("approval.html", packageHtml(made.data, made.oneLine, { ...signature, key }, beside));
  const pdf = ask.pdf ? printed(folder, browser) : { name: null, why: "not asked for" };
  if (pdf.name !== null) names.push(pdf.name);
  const { version, madeAt, site } = made.data;
  const manifest: Manifest = {
    kind: "islet approval files",
    version,
    madeAt,
    site,
    files: names.map((name) => manifestFile(folder, name)),
  };
  const manifestText = JSON.stringify(manifest);
  writeWhole(
    join(folder, manifestName),
    `${JSON.stringify({ manifest, signature: signedBy(stateDir, manifestText) })}\n`,
  );
  tell(ask, made.data, { folder, files: [...names, manifestName], key, pdf });
  return 0;
}

/** The reports behind the package, printed from their signed data: what was painted on a page does not come along. */
function putProofs({ certify, commissioning }: Gathered, put: (name: string, content: string) => void): void {
  if (certify) put("certify.html", certifyHtml(certify.report, JSON.stringify(certify.report), certify.signature));
  if (commissioning)
    put(
      "commissioning.html",
      reportHtml(commissioning.report, JSON.stringify(commissioning.report), commissioning.signature),
    );
}

/** Papers of certificates, each under a name of its own. */
function copyPapers({ evidence }: Gathered, folder: string): string[] {
  return [...evidence.papers.keys()].map((paper, i) => {
    const name = `paper-${i + 1}-${basename(paper).replaceAll(/[^\w.-]/g, "_")}`;
    copyFileSync(resolve(dirname(evidence.file), paper), join(folder, name));
    return name;
  });
}

interface Printed {
  readonly name: string | null;
  readonly why: string;
}

function printed(folder: string, browser: string | null): Printed {
  if (browser === null) return { name: null, why: "there is no Chromium on this machine: print approval.html" };
  const fault = printPdf(browser, join(folder, "approval.html"), join(folder, pdfName));
  return fault === "" ? { name: pdfName, why: "" } : { name: null, why: `${browser}: ${fault}; print approval.html` };
}

function tell(
  { json }: ApprovalAsk,
  { missing, site }: ApprovalPackage,
  {
    folder,
    files,
    key,
    pdf,
  }: { readonly folder: string; readonly files: readonly string[]; readonly key: string; readonly pdf: Printed },
): void {
  if (json) {
    print(
      JSON.stringify({
        ok: true,
        site,
        folder,
        files,
        key,
        pdf: pdf.name,
        pdfWhy: pdf.why,
        missing,
        contradictions: [],
      }),
    );
    return;
  }
  print(
    `Approval package of ${site}: ${join(folder, pdf.name ?? "approval.html")}, ${files.length} files, key ${key}.`,
  );
  if (pdf.name === null && pdf.why !== "not asked for") print(`No PDF: ${pdf.why}.`);
  for (const { what, who, how } of missing) print(`Missing, by the ${who}: ${what} (${how})`);
  if (missing.length > 0) print(`${missing.length} missing; the package says so.`);
}

function verify(folder: string, { key, json }: { readonly key?: string; readonly json?: true }): 0 | 1 {
  const fault = packageFault(folder, key === undefined ? undefined : textOf(key));
  const signed = fault === "" ? readManifest(folder) : null;
  const by = signed === null ? null : keyFingerprint(signed.signature.publicKeyPem);
  if (json) print(JSON.stringify({ ok: fault === "", why: fault, key: by, site: signed?.manifest.site ?? null }));
  else if (signed)
    print(
      `As it was signed: ${signed.manifest.site}, ${signed.manifest.files.length} files, ${signed.manifest.madeAt}, Islet ${signed.manifest.version}, key ${by}`,
    );
  else process.stderr.write(`${folder}: ${fault}\n`);
  return fault === "" ? 0 : 1;
}

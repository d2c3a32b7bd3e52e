/** A page as PDF, by a Chromium that is on the machine; without one the page itself is what is printed. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
/** A browser that takes longer is ended, ms. */
const printsWithinMs = 40_000;

/** The first of the usual names on the path; null where there is none. */
export function findBrowser(): string | null {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const name of names)
    for (const folder of folders) {
      const file = join(folder, name);
      if (canRun(file)) return file;
    }
  return null;
}

function canRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Prints a page; "" when the PDF is there, else why not. */
export function printPdf(browser: string, page: string, pdf: string): string {
  const profile = mkdtempSync(join(tmpdir(), "islet-print-"));
  try {
    const { error, status, signal } = spawnSync(
      browser,
      [
        ...[
          "--headless",
          "--disable-gpu",
          "--no-first-run",
          "--disable-extensions",
          "--disable-dev-shm-usage",
          "--disable-background-networking",
        ],
        // The browser's own sandbox does not start for the administrator; the page is ours and has no script.
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
        `--user-data-dir=${profile}`,
        "--no-pdf-header-footer",
        `--print-to-pdf=${resolve(pdf)}`,
        pathToFileURL(resolve(page)).href,
      ],
      { stdio: "ignore", timeout: printsWithinMs, killSignal: "SIGKILL" },
    );
    if (existsSync(pdf)) return "";
    if (error)
      return (error as NodeJS.ErrnoException).code === "ETIMEDOUT"
        ? `it did not print within ${printsWithinMs / 1_000} s`
        : error.message;
    return `it ended with ${signal ?? status}`;
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
}

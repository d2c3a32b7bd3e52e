/** PostgreSQL for a test: Debian's, where it is installed. */
import { existsSync, readdirSync } from "node:fs";

const folder = "/usr/lib/postgresql";
/** The folder of its programs. */
export const postgresBin = existsSync(folder)
  ? readdirSync(folder)
      .map((version) => `${folder}/${version}/bin`)
      .filter((bin) => existsSync(`${bin}/initdb`))
      .at(-1)
  : undefined;
/** For a test's name: why it is left out; "" where it is not. */
export const withoutPostgres =
  postgresBin === undefined ? "(PostgreSQL is not installed: apt-get install postgresql)" : "";

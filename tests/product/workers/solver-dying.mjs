/** The solver ends the thread in which it runs at its first problem: imported before the program by tests. */
import { register } from "node:module";

const dying = `export default async () => ({ version: { string: "0" }, memoryBytes: 0, createModel: () => process.exit(1) });`;
const hooks = `
export async function resolve(specifier, context, next) {
  if (specifier === "highs") return { url: ${JSON.stringify(`data:text/javascript,${encodeURIComponent(dying)}`)}, shortCircuit: true };
  return next(specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);

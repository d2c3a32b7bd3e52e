/** YAML as its values, each place with its line. Whatever is wrong with the text itself is told with its line, and never thrown. */
import { type Document, isNode, LineCounter, parseDocument, visit } from "yaml";
import { err, ok, type Result } from "../domain/result.ts";

/** What is wrong with a text, and where. */
export interface YamlMistake {
  readonly line: number;
  readonly message: string;
}

export interface YamlText {
  readonly document: Document;
  readonly value: unknown;
  /** Line of a place, or of the nearest group around it; 1 when nothing is there. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** One name may stand for a part that is written elsewhere (`*name` for `&name`) so often, parts within parts counted. */
const referencesMax = 50;
const tooMany: YamlMistake = {
  line: 1,
  message: `its references (* and &) come to more than ${referencesMax} parts`,
};

/** Reads a text. Every mistake of its form is told. */
export function readYaml(text: string): Result<YamlText, readonly YamlMistake[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const mistakes = document.errors.map(({ pos, message }) => ({ line: lines.linePos(pos[0]).line, message }));
  if (mistakes.length > 0) return err(mistakes);
  let references = 0;
  visit(document, {
    Alias(_, alias, around) {
      // To look one up goes through the whole text.
      if (++references > referencesMax) return visit.BREAK;
      const marked = alias.resolve(document);
      const { source, range } = alias;
      const why =
        marked === undefined
          ? `stands for what is marked &${source}, and nothing before it is`
          : around.includes(marked)
            ? `stands within what is marked &${source}: a part can't hold itself`
            : "";
      if (why !== "") mistakes.push({ line: lines.linePos(range?.[0] ?? 0).line, message: `*${source} ${why}` });
      return undefined;
    },
  });
  if (mistakes.length > 0) return err(mistakes);
  if (references > referencesMax) return err([tooMany]);
  const lineOf = (path: readonly PropertyKey[]): number => {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return 1;
  };
  try {
    return ok({ document, value: document.toJS({ maxAliasCount: referencesMax }), lineOf });
  } catch {
    // Parts that stand for parts that stand for parts: the text would grow without a bound.
    return err([tooMany]);
  }
}

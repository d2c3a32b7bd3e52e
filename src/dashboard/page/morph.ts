/**
 * Brings living elements to the shape of new HTML without replacing those that stay: focus, scroll position, open
 * details and running animations survive ten updates a second. Elements are matched by `data-key`, otherwise by place and
 * name. What carries `data-keep` owns its content and is left alone.
 */
export function morph(target: Element, markup: string): void {
  const template = document.createElement("template");
  template.innerHTML = markup;
  morphChildren(target, template.content);
}

const keyOf = (node: Node | null): string | null => (node instanceof Element ? node.getAttribute("data-key") : null);
const alike = (a: Node, b: Node): boolean =>
  a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);

function morphChildren(target: Node, wanted: Node): void {
  let here = target.firstChild;
  for (let next = wanted.firstChild; next; ) {
    const want = next;
    next = want.nextSibling;
    if (here && alike(here, want)) {
      // Most of a page stays as it is: the browser compares it faster than we can.
      if (!here.isEqualNode(want)) morphNode(here, want);
      here = here.nextSibling;
      continue;
    }
    const found = findAlike(here, want);
    if (found) {
      target.insertBefore(found, here);
      morphNode(found, want);
    } else target.insertBefore(want, here);
  }
  while (here) {
    const gone: ChildNode = here;
    here = here.nextSibling;
    target.removeChild(gone);
  }
}

/** The same keyed element further on; elements without a key are not worth moving. */
function findAlike(from: ChildNode | null, want: Node): ChildNode | null {
  if (keyOf(want) === null) return null;
  for (let node = from; node; node = node.nextSibling) if (alike(node, want)) return node;
  return null;
}

function morphNode(node: Node, want: Node): void {
  if (node instanceof Element && want instanceof Element) {
    morphAttributes(node, want);
    if (!node.hasAttribute("data-keep")) morphChildren(node, want);
  } else if (node.nodeValue !== want.nodeValue) node.nodeValue = want.nodeValue;
}

function morphAttributes(element: Element, want: Element): void {
  for (const { name, value } of want.attributes)
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  if (element.attributes.length === want.attributes.length) return;
  // Whether details are open is the reader's choice.
  for (const name of element.getAttributeNames())
    if (!want.hasAttribute(name) && !(name === "open" && element instanceof HTMLDetailsElement))
      element.removeAttribute(name);
}

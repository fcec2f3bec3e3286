import { XMLBuilder } from 'fast-xml-parser';

/** One element: name, attributes in order, children (elements or text). */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: (XmlElement | string)[];
}

export function element(name: string, attributes: Record<string, string> = {}, children: (XmlElement | string)[] = []): XmlElement {
  return { name, attributes, children };
}

/** Reads the form of the npm package `xml`: `{name: text}` or `{name: [{_attr}, child…]}`. */
export function fromJson(node: object): XmlElement {
  const [name, content] = Object.entries(node)[0] as [string, unknown];
  const made = element(name);
  for (const part of Array.isArray(content) ? (content as unknown[]) : [content]) {
    if (typeof part === 'string') made.children.push(part);
    else if (typeof part !== 'object' || part === null || Object.keys(part).length === 0) continue;
    else if ('_attr' in part) for (const [key, value] of Object.entries(part._attr as object)) made.attributes[key] = String(value);
    else made.children.push(fromJson(part));
  }
  return made;
}

export function childrenOf(parent: XmlElement, name: string): XmlElement[] {
  return parent.children.filter((child): child is XmlElement => typeof child !== 'string' && child.name === name);
}

/** The document as text, indented, with its declaration. */
export function render(root: XmlElement): string {
  const builder = new XMLBuilder({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    format: true,
    indentBy: '  ',
    suppressEmptyNode: true,
    processEntities: true,
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${(builder.build([ordered(root)]) as string).trim()}\n`;
}

function ordered(node: XmlElement): object {
  const children = node.children.map((child) => (typeof child === 'string' ? { '#text': child } : ordered(child)));
  return { [node.name]: children, ':@': node.attributes };
}

import { HarnessError } from '../errors/index.js';
import type { ByteCount } from '../units/index.js';

/**
 * An element of one of ST's configuration files (`*_Image.xml`, `*_Config.xml` of ROT_Provisioning in STM32CubeH7RS). They hold elements and
 * text only: attributes stand nowhere but at the root, where they name a schema that ST does not ship.
 */
export interface StXmlElement {
  readonly name: string;
  /** Text inside, trimmed, entities decoded; empty where there are children. */
  readonly text: string;
  /** In the order of the file, which is the order of imgtool's options and of an OBKey's fields. */
  readonly children: readonly StXmlElement[];
}

/** What is allowed inside an element: names that stand there at most once, and names that may be repeated. */
export interface StXmlFields {
  readonly once: readonly string[];
  readonly many?: readonly string[];
}

/** The children of an element that holds nothing but text fields. */
export interface StXmlRecord {
  /** The text of a field, undefined when there is none. */
  get(name: string): string | undefined;
  /** The texts of a field that may be repeated, in the order of the file. */
  all(name: string): readonly string[];
}

/** ST's largest file has 9 KB. */
const sizeLimit: ByteCount = 0x40000;
const elementLimit = 4096;
const depthLimit = 8;

/** An error about the content of an XML file. @param element the name of the element, where there is one */
export function stXmlError(message: string, element?: string): HarnessError {
  return new HarnessError({
    code: 'st-xml',
    kind: 'usage',
    message: `XML: ${message}`,
    nextStep: "compare the file with ST's own of that name (STM32CubeH7RS, ROT_Provisioning)",
    fields: element === undefined ? {} : { element: shown(element) },
  });
}

/**
 * Reads an XML file into its root element. No document type, hence no entities but the predefined ones; at most 256 KB, 4096 elements and 8 levels.
 * The parser is loaded when it is first needed.
 * @param content text, or UTF-8 bytes
 * @throws HarnessError `st-xml` (usage): too large, not well-formed, text beside elements, attributes below the root, more than one root
 */
export async function parseStXml(content: string | Uint8Array): Promise<StXmlElement> {
  if (content.length > sizeLimit) throw stXmlError(`more than ${sizeLimit} bytes`);
  const text = (typeof content === 'string' ? content : decode(content)).replace(/^\uFEFF/, '');
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw stXmlError('a document type or entity is declared, which no file of ST has');
  if (text.split('<').length > 4 * elementLimit) throw stXmlError(`more than ${elementLimit} elements`);
  const { XMLParser, XMLValidator } = await import('fast-xml-parser');
  let nodes: unknown;
  try {
    const verdict = XMLValidator.validate(text);
    if (verdict !== true) throw new Error(`line ${verdict.err.line}: ${verdict.err.msg}`);
    nodes = new XMLParser({ preserveOrder: true, ignoreAttributes: false, attributeNamePrefix: '', parseTagValue: false, ignoreDeclaration: true, ignorePiTags: true, maxNestedTags: 4 * depthLimit }).parse(text);
  } catch (cause) {
    throw stXmlError(`not well-formed: ${shown(cause instanceof Error ? cause.message : String(cause), 200)}`);
  }
  const budget = { elements: elementLimit };
  const roots = elementsOf(nodes, 1, budget).children;
  if (roots.length !== 1) throw stXmlError(`${roots.length} root elements instead of one`);
  return roots[0];
}

/** A path as ST's XML writes it, with `/` between folders; empty for none. */
export function stXmlPath(text: string | undefined): string {
  return (text ?? '').replaceAll('\\', '/');
}

/** The children of that name, in order. */
export function stXmlChildren(element: StXmlElement, name: string): readonly StXmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** The only child of that name. @throws HarnessError `st-xml` (usage) when there is none or more than one */
export function stXmlChild(element: StXmlElement, name: string): StXmlElement {
  const found = stXmlChildren(element, name);
  if (found.length !== 1) throw stXmlError(`<${shown(element.name)}> has ${found.length} elements <${name}> instead of one`, name);
  return found[0];
}

/**
 * The text fields of an element.
 * @throws HarnessError `st-xml` (usage) with the name of an element that is unknown there, is repeated, or has elements inside
 */
export function stXmlRecord(element: StXmlElement, fields: StXmlFields): StXmlRecord {
  const values = new Map<string, string[]>();
  for (const child of element.children) {
    const known = values.get(child.name);
    const repeatable = fields.many?.includes(child.name) === true;
    if (!repeatable && !fields.once.includes(child.name)) throw stXmlError(`the element <${shown(child.name)}> is not known inside <${shown(element.name)}>`, child.name);
    if (known !== undefined && !repeatable) throw stXmlError(`<${shown(element.name)}> has more than one <${child.name}>`, child.name);
    if (child.children.length > 0) throw stXmlError(`<${child.name}> has the element <${shown(child.children[0].name)}> inside, only text is expected`, child.name);
    if (known === undefined) values.set(child.name, [child.text]);
    else known.push(child.text);
  }
  return { get: (name) => values.get(name)?.[0], all: (name) => values.get(name) ?? [] };
}

/** A piece of a file, fit to be shown in a message. */
function shown(text: string, limit = 60): string {
  const clean = text.replace(/[^\x20-\x7e]/g, '?');
  return clean.length > limit ? `${clean.slice(0, limit)}…` : clean;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw stXmlError('not UTF-8');
  }
}

const attributesKey = ':@';
const textKey = '#text';

/** The parser's nodes: objects of one element name with the list of its nodes, and maybe attributes; or of `#text`. */
function elementsOf(nodes: unknown, depth: number, budget: { elements: number }): { text: string; children: StXmlElement[] } {
  if (depth > depthLimit) throw stXmlError(`more than ${depthLimit} levels of elements`);
  const children: StXmlElement[] = [];
  let text = '';
  for (const node of nodes as readonly Readonly<Record<string, unknown>>[]) {
    if (Object.hasOwn(node, textKey)) {
      text += String(node[textKey]);
      continue;
    }
    const name = Object.keys(node).find((key) => key !== attributesKey) ?? '';
    if (--budget.elements < 0) throw stXmlError(`more than ${elementLimit} elements`);
    if (depth > 1 && Object.hasOwn(node, attributesKey)) throw stXmlError(`<${shown(name)}> has attributes`, name);
    const inner = elementsOf(node[name], depth + 1, budget);
    if (inner.children.length > 0 && inner.text !== '') throw stXmlError(`<${shown(name)}> has text beside its elements`, name);
    children.push({ name, text: inner.text.trim(), children: inner.children });
  }
  return { text: text.trim(), children };
}

import { parseStXml, stXmlChild, stXmlChildren, stXmlError, stXmlPath, stXmlRecord } from './st-xml.js';
import type { StXmlElement, StXmlFields, StXmlRecord } from './st-xml.js';

/** One option of imgtool as the XML gives it. */
export interface CodeImageOption {
  /** `-k`, `--pad` … */
  readonly option: string;
  /** Undefined for a flag. */
  readonly value: string | undefined;
  /** Set where the value is a file: the XML whose folder its path starts from. */
  readonly fileOf?: 'image' | 'linked';
}

/** One of ST's *_Code_Image.xml (STM32CubeH7RS, ROT_Provisioning): a call of `imgtool sign`. Paths with `/` between folders, as they stand in the file. */
export interface CodeImage {
  /** In the order of the file. */
  readonly options: readonly CodeImageOption[];
  readonly input: string | undefined;
  readonly output: string | undefined;
  /** The configuration that values are taken from; relative to this file. */
  readonly linkedXml: string | undefined;
}

const paramFields: StXmlFields = { once: ['Name', 'Value', 'Default', 'Link', 'Type', 'Command', 'Hidden', 'Tooltip', 'Enable'] };
const outputFields: StXmlFields = { once: ['Name', 'Value', 'Default', 'Tooltip', 'Hidden'] };
const globalFields: StXmlFields = { once: ['Command', 'Title', 'LinkedXML'] };
const optionShape = /^--?[A-Za-z][A-Za-z-]*$/;

/**
 * Reads a *_Code_Image.xml. A parameter with `Link` takes the value of the field with its `Name` in the linked configuration.
 * @param readLinked reads the linked XML by its path, which is relative to this file
 * @throws HarnessError `st-xml` (usage) and those of `readLinked`
 */
export async function readCodeImageXml(content: string | Uint8Array, readLinked: (path: string) => Promise<string | Uint8Array>): Promise<CodeImage> {
  const root = stXmlChild(await parseStXml(content), 'McubootFormat');
  const unknown = root.children.find(({ name }) => !['GlobalParam', 'Param', 'Output'].includes(name));
  if (unknown) throw stXmlError('an element that no file of ST has', unknown.name);
  const global = stXmlRecord(stXmlChild(root, 'GlobalParam'), globalFields);
  if (global.get('Command') !== 'sign') throw stXmlError('it does not describe the command sign of imgtool', 'Command');
  const linkedXml = stXmlPath(global.get('LinkedXML')) || undefined;

  let linked: StXmlElement | undefined;
  const linkedField = async (name: string): Promise<StXmlElement> => {
    if (linkedXml === undefined) throw stXmlError('a parameter takes its value from a linked XML, and none is named', 'LinkedXML');
    linked ??= stXmlChild(await parseStXml(await readLinked(linkedXml)), 'Obdata');
    const found = linked.children.filter((field) => field.children.some((child) => child.name === 'Name' && child.text === name));
    if (found.length !== 1 || name === '') throw stXmlError(`the linked XML has ${found.length} fields of the name of a parameter instead of one`, 'Link');
    return found[0]!;
  };

  const options: CodeImageOption[] = [];
  let input: string | undefined;
  for (const param of stXmlChildren(root, 'Param')) {
    const record = stXmlRecord(param, paramFields);
    const command = record.get('Command') ?? '';
    if (command === '') {
      if (input !== undefined) throw stXmlError('more than one parameter without a command: only the input file has none', 'Param');
      input = stXmlPath(valueOf(record));
    } else if (!optionShape.test(command)) throw stXmlError('a command that is no option', 'Command');
    else if (record.get('Link') === undefined) options.push(optionOf(command, valueOf(record), record.get('Type') === 'File' ? 'image' : undefined));
    else {
      const field = await linkedField(record.get('Name') ?? '');
      const value = textOf(field, 'Value') || textOf(field, 'Default');
      if (value === '') throw stXmlError('the linked field has no value', field.name);
      options.push(optionOf(command, value, field.name === 'File' ? 'linked' : undefined));
    }
  }
  const outputs = stXmlChildren(root, 'Output');
  if (outputs.length > 1) throw stXmlError('more than one output', 'Output');
  const output = outputs[0] === undefined ? undefined : stXmlPath(valueOf(stXmlRecord(outputs[0], outputFields)));
  return { options, input: input || undefined, output: output || undefined, linkedXml };
}

function optionOf(option: string, value: string, fileOf: CodeImageOption['fileOf']): CodeImageOption {
  if (value === '') return { option, value: undefined };
  return fileOf === undefined ? { option, value } : { option, value: stXmlPath(value), fileOf };
}

const valueOf = (record: StXmlRecord): string => record.get('Value') || record.get('Default') || '';
const textOf = (element: StXmlElement, name: string): string => element.children.find((child) => child.name === name)?.text ?? '';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HarnessError } from '../errors/index.js';
import { readCodeImageXml } from './index.js';

const usage = (code: string) => expect.objectContaining({ name: 'HarnessError', code, kind: 'usage' });
const field = (kind: string, inner: Readonly<Record<string, string>>): string => `<${kind}>${Object.entries(inner).map(([name, text]) => `<${name}>${text}</${name}>`).join('')}</${kind}>`;
const global = field('GlobalParam', { Command: 'sign', Title: 't', LinkedXML: '.\\..\\Config\\Config.xml' });
const document = (...parts: readonly string[]): string => `<Root><McubootFormat>${parts.join('')}</McubootFormat></Root>`;
const linked = `<Root><Obdata>${field('File', { Name: 'Authentication key', Value: './../Keys/auth.pem' })}${field('Data', { Name: 'Area size', Value: '', Default: '0x20000' })}</Obdata></Root>`;
const asked: string[] = [];
const read = (xml: string) =>
  readCodeImageXml(xml, (path) => {
    asked.push(path);
    return Promise.resolve(linked);
  });

const link = (name: string, command: string): string => field('Param', { Name: name, Link: '', Type: 'File', Command: command, Default: '' });
const input = field('Param', { Name: 'in', Value: '..\\app.bin', Type: 'File', Default: 'x.bin' });
const output = field('Output', { Name: 'out', Value: './out.hex' });

describe('Code_Image.xml', () => {
  it('options -> in the order of the file: value, else default, else a flag; linked values by name; input and output', async () => {
    asked.length = 0;
    const flag = field('Param', { Name: 'Padding', Type: 'Data', Command: '--pad', Default: '' });
    const version = field('Param', { Name: 'Version', Value: '1.2.3', Command: '-v', Default: '1.0.0' });
    const align = field('Param', { Name: 'Align', Command: '--align', Default: '4' });
    const image = await read(document(global, link('Authentication key', '-k'), flag, version, link('Area size', '-S'), align, input, output));
    expect(image).toEqual({
      options: [
        { option: '-k', value: './../Keys/auth.pem', fileOf: 'linked' },
        { option: '--pad', value: undefined },
        { option: '-v', value: '1.2.3' },
        { option: '-S', value: '0x20000' },
        { option: '--align', value: '4' },
      ],
      input: '../app.bin',
      output: './out.hex',
      linkedXml: './../Config/Config.xml',
    });
    expect(asked).toEqual(['./../Config/Config.xml']);
  });

  it.each([
    ['another command than sign', document(field('GlobalParam', { Command: 'verify' }), input)],
    ['a link to a name that the linked file has not', document(global, link('Nobody', '-k'))],
    ['a link without a linked file', document(field('GlobalParam', { Command: 'sign' }), link('Authentication key', '-k'))],
    ['two inputs', document(global, input, input)],
    ['two outputs', document(global, output, output)],
    ['a command that is no option', document(global, field('Param', { Command: 'rm -rf', Value: '1' }))],
    ['an element that is not known', document(global, '<Script/>')],
  ])('%s -> st-xml', async (_what, xml) => {
    await expect(read(xml)).rejects.toEqual(usage('st-xml'));
  });

  it('mutated XML -> options or a typed error', async () => {
    const xml = document(global, link('Authentication key', '-k'), input, output);
    await fc.assert(
      fc.asyncProperty(fc.nat(xml.length - 1), fc.nat(10), fc.string({ maxLength: 10 }), async (at, cut, inserted) => {
        try {
          await read(xml.slice(0, at) + inserted + xml.slice(at + cut));
        } catch (error) {
          expect(error).toBeInstanceOf(HarnessError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

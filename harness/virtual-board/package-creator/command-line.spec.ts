import { describe, expect, it } from '@jest/globals';
import { CreatorUsageError, parseCreatorCall } from './command-line.js';

describe('arguments of the package creator', () => {
  it("-obk with and without AUTO, as ST's provisioning scripts call it → obk build", () => {
    const call = { product: 'OBKey', xml: 'a/OEMiROT_Config.xml', argv: ['obk', 'build', 'a/OEMiROT_Config.xml', '--json'] };
    expect(parseCreatorCall(['-obk', 'a/OEMiROT_Config.xml', 'AUTO'])).toEqual(call);
    expect(parseCreatorCall(['-obk', 'a/OEMiROT_Config.xml'])).toEqual(call);
  });

  it("-pb, as ST's postbuild scripts call it → image sign --xml", () => {
    expect(parseCreatorCall(['-pb', 'a b/Image.xml'])).toEqual({ product: 'Image', xml: 'a b/Image.xml', argv: ['image', 'sign', '--xml', 'a b/Image.xml', '--json'] });
  });

  it.each([[[]], [['-h']], [['--help']]])('%j → help', (argv) => {
    expect(parseCreatorCall(argv)).toBeUndefined();
  });

  it.each([
    [['-pb'], 'Missing XML file of -pb'],
    [['-obk', '--out'], 'Missing XML file of -obk'],
    [['-pb', 'a.xml', 'AUTO'], 'Unexpected argument of -pb: AUTO'],
    [['-obk', 'a.xml', 'AUTO', 'b.xml'], 'Unexpected argument of -obk: b.xml'],
    [['-sfu', 'a.xml'], 'Command not supported by this drop-in: -sfu'],
    [['a\u001b.xml'], 'Wrong command: a?.xml'],
  ])('%j → refused: %s', (argv, message) => {
    expect(() => parseCreatorCall(argv)).toThrow(new CreatorUsageError(message));
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseStXml, stXmlChild, stXmlChildren, stXmlRecord } from './index.js';
import type { StXmlElement } from './index.js';

const parameter = '<Param>\n\t<Name>Hex &amp; format</Name>\n\t<Value>0x90200000</Value><Default></Default></Param>';
const document = (inside: string): string => `<?xml version="1.0" encoding="UTF-8"?>\n<Root xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="SCHVerif.xsd">\n<Format>${inside}</Format>\n</Root>`;
const format = async (inside: string): Promise<StXmlElement> => stXmlChild(await parseStXml(document(inside)), 'Format');
const refused = (message: RegExp, element = '') => expect.objectContaining({ code: 'st-xml', kind: 'usage', message: expect.stringMatching(message), fields: element === '' ? {} : { element } });

describe('parseStXml', () => {
  it('elements in a file -> the same order, text trimmed and as text, entities of XML decoded, comments and attributes of the root left out', async () => {
    const root = await format(`<Info><A>1</A></Info><!-- ${'x'.repeat(9)} -->${parameter}<Hash>\n</Hash><B/><Param><Name> last </Name></Param>`);
    expect(root.children.map((each) => each.name)).toEqual(['Info', 'Param', 'Hash', 'B', 'Param']);
    expect(root.children[1].children).toEqual([
      { name: 'Name', text: 'Hex & format', children: [] },
      { name: 'Value', text: '0x90200000', children: [] },
      { name: 'Default', text: '', children: [] },
    ]);
    expect(root.children[2]).toEqual({ name: 'Hash', text: '', children: [] });
    expect(stXmlChildren(root, 'Param').map((each) => each.children[0].text)).toEqual(['Hex & format', 'last']);
  });

  it('bytes with a byte order mark -> the same as text', async () => {
    expect(await parseStXml(new TextEncoder().encode(`\uFEFF${document(parameter)}`))).toEqual(await parseStXml(document(parameter)));
  });

  it('a comment or CDATA inside a text -> the text without it', async () => {
    expect((await format('<A>one<!-- two --><![CDATA[ <three> ]]></A>')).children[0].text).toBe('one <three>');
  });

  it.each<[string, string, RegExp, string]>([
    ['an entity bomb', '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><Root><A>&c;</A></Root>', /document type/, ''],
    ['a file of the system as entity', '<!doctype a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Root><A>&b;</A></Root>', /document type/, ''],
    ['more than 256 KB', document(`<A>${'x'.repeat(0x40000)}</A>`), /262144 bytes/, ''],
    ['more than 4096 elements', document('<A/>'.repeat(4096)), /4096 elements/, ''],
    ['very many elements', document('<A/>'.repeat(20_000)), /4096 elements/, ''],
    ['9 levels', `<Root>${'<A>'.repeat(8)}${'</A>'.repeat(8)}</Root>`, /8 levels/, ''],
    ['10000 levels', `${'<A>'.repeat(10_000)}${'</A>'.repeat(10_000)}`, /not well-formed|elements/, ''],
    ['an element that is not closed', document('<A>'), /not well-formed: line \d+/, ''],
    ['elements that cross', document('<A><B></A></B>'), /not well-formed/, ''],
    ['nothing', '', /not well-formed|0 root/, ''],
    ['no XML', 'sign -k key.pem', /not well-formed|0 root/, ''],
    ['two roots', '<Root/><Root/>', /not well-formed|2 root/, ''],
    ['attributes below the root', document('<A name="b"/>'), /<A> has attributes/, 'A'],
    ['text beside elements', document('<A>text<B/></A>'), /<A> has text beside/, 'A'],
    ['a name of the language', document('<__proto__>1</__proto__>'), /not well-formed: .*__proto__/, ''],
  ])('%s -> refused with the reason', async (_what, text, message, element) => {
    await expect(parseStXml(text)).rejects.toEqual(refused(message, element));
  });

  it('4095 elements, 8 levels -> read: the twins of what is refused', async () => {
    expect((await format('<A/>'.repeat(4094))).children).toHaveLength(4094);
    expect((await parseStXml(`<Root>${'<A>'.repeat(6)}1${'</A>'.repeat(6)}</Root>`)).name).toBe('Root');
  });

  it('bytes that are no UTF-8 -> refused', async () => {
    await expect(parseStXml(Uint8Array.of(0x3c, 0x41, 0x3e, 0xff, 0x3c, 0x2f, 0x41, 0x3e))).rejects.toEqual(refused(/UTF-8/));
  });

  it('any change to a good file, any text -> elements or the one typed error', async () => {
    const good = document(`${parameter}<Hash/>`);
    const mutation = fc.tuple(fc.nat(good.length), fc.nat(30), fc.oneof(fc.string({ maxLength: 30 }), fc.constantFrom('<', '>', '</', '&', ']]>', '<![CDATA[', '<!--', '<?', '"', "'")));
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutation.map(([at, cut, put]) => good.slice(0, at) + put + good.slice(at + cut)), fc.string({ maxLength: 200 })), async (text) => {
        const error = await parseStXml(text).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (error !== undefined) expect(error).toMatchObject({ name: 'HarnessError', code: 'st-xml' });
      }),
      { numRuns: 400 },
    );
  });
});

describe('stXmlRecord', () => {
  const fields = { once: ['Name', 'Value', 'Default'], many: ['Val'] };

  it('known fields -> their texts; what is absent is undefined, what is empty is empty', async () => {
    const record = stXmlRecord((await format('<P><Name>n</Name><Val>1</Val><Val>2</Val><Default/></P>')).children[0], fields);
    expect([record.get('Name'), record.get('Value'), record.get('Default'), record.all('Val'), record.all('Value')]).toEqual(['n', undefined, '', ['1', '2'], []]);
  });

  it.each<[string, string, RegExp, string]>([
    ['an unknown element', '<P><Naem>n</Naem></P>', /<Naem> is not known inside <P>/, 'Naem'],
    ['a field twice', '<P><Name>n</Name><Name>n</Name></P>', /more than one <Name>/, 'Name'],
    ['elements in a text field', '<P><Name><B/></Name></P>', /<Name> has the element <B>/, 'Name'],
  ])('%s -> refused with its name', async (_what, text, message, element) => {
    const [inside] = (await format(text)).children;
    expect(() => stXmlRecord(inside, fields)).toThrow(refused(message, element));
  });

  it('a child that is missing or there twice -> refused with its name', async () => {
    const root = await format('<A/><A/>');
    expect(() => stXmlChild(root, 'A')).toThrow(refused(/2 elements <A>/, 'A'));
    expect(() => stXmlChild(root, 'B')).toThrow(refused(/0 elements <B>/, 'B'));
  });
});

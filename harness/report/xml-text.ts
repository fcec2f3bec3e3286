/** Characters that XML 1.0 does not allow, even escaped (section 2.2, production Char). */
const illegal = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Text that may stand in an XML document: what XML cannot carry is written out as `\xNN` or `\u{N}`. */
export function xmlText(text: string): string {
  return text.replace(illegal, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** Text for an attribute, on one line: parsers turn a line end inside an attribute into a blank anyway. */
export function attributeText(text: string): string {
  return xmlText(text).replace(/\s+/g, ' ').trim();
}

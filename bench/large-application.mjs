// A linked application of 2 MB with debug information, 30 MB in the file, grown from a small one: its code again and again, a symbol for each function of each copy,
// and sections of debug information that nothing but a debugger reads.
import { Buffer } from 'node:buffer';

const sizes = { code: 0x1f0000, debug: 28 << 20 };
const header = { size: 52, segment: 32, section: 40, symbol: 16 };

/** @param {Buffer} small a linked application whose code begins with its vector table @returns {Buffer} */
export function largeApplication(small) {
  const sections = readSections(small);
  const named = (name) => sections.find((each) => each.name === name);
  const [text, symtab, strtab] = ['.text', '.symtab', '.strtab'].map(named);
  const unit = small.subarray(text.offset, text.offset + text.size);
  const copies = Math.floor(sizes.code / unit.length);
  const code = Buffer.concat(Array.from({ length: copies }, () => unit));
  const { symbols, names } = manySymbols(small, text, symtab, strtab, unit.length, copies);
  const debug = Buffer.alloc(sizes.debug);
  for (let at = 0, state = 1; at < debug.length; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    debug.writeInt32LE(state, at);
  }
  const attributes = named('.ARM.attributes');
  const bss = named('.bss');
  const third = Math.floor(debug.length / 3);
  return write(small.readUInt32LE(24), [
    { name: '.text', type: 1, flags: 6, address: text.address, bytes: code },
    { name: '.bss', type: 8, flags: 3, address: bss.address, bytes: Buffer.alloc(0), size: bss.size },
    { name: '.debug_info', type: 1, flags: 0, address: 0, bytes: debug.subarray(0, third) },
    { name: '.debug_line', type: 1, flags: 0, address: 0, bytes: debug.subarray(third, 2 * third) },
    { name: '.debug_str', type: 1, flags: 0, address: 0, bytes: debug.subarray(2 * third) },
    { name: '.ARM.attributes', type: 0x70000003, flags: 0, address: 0, bytes: small.subarray(attributes.offset, attributes.offset + attributes.size) },
    { name: '.symtab', type: 2, flags: 0, address: 0, bytes: symbols, link: 8, info: symbols.length / header.symbol, entry: header.symbol },
    { name: '.strtab', type: 3, flags: 0, address: 0, bytes: names },
  ]);
}

function readSections(file) {
  const [table, count, names] = [file.readUInt32LE(32), file.readUInt16LE(48), file.readUInt16LE(50)];
  const raw = Array.from({ length: count }, (_, index) => {
    const at = table + index * header.section;
    const [name, type, flags, address, offset, size] = [0, 4, 8, 12, 16, 20].map((field) => file.readUInt32LE(at + field));
    return { name, type, flags, address, offset, size };
  });
  return raw.map((each) => ({ ...each, name: text(file, raw[names].offset + each.name) }));
}

const text = (file, at) => file.toString('latin1', at, file.indexOf(0, at));

/** The first copy keeps the names; those of the others carry its number. */
function manySymbols(small, code, symtab, strtab, pitch, copies) {
  const entries = [Buffer.alloc(header.symbol)];
  const names = ['\0'];
  let length = 1;
  for (let copy = 0; copy < copies; copy++) {
    for (let at = symtab.offset + header.symbol; at < symtab.offset + symtab.size; at += header.symbol) {
      const entry = Buffer.from(small.subarray(at, at + header.symbol));
      const [name, value, section] = [text(small, strtab.offset + entry.readUInt32LE(0)), entry.readUInt32LE(4), entry.readUInt16LE(14)];
      const inCode = value >= code.address && value < code.address + code.size;
      if (copy > 0 && !inCode) continue;
      const own = copy === 0 || name.startsWith('$') ? name : `${name}_${copy}`;
      entry.writeUInt32LE(length, 0);
      entry.writeUInt32LE(value + (inCode ? copy * pitch : 0), 4);
      if (section < 0xff00) entry.writeUInt16LE(inCode ? 1 : 2, 14);
      entries.push(entry);
      names.push(`${own}\0`);
      length += own.length + 1;
    }
  }
  return { symbols: Buffer.concat(entries), names: Buffer.from(names.join(''), 'latin1') };
}

/** An ELF file of these sections; those with SHF_ALLOC become segments. */
function write(entry, sections) {
  const loaded = sections.filter(({ flags }) => flags & 2);
  const titles = ['', ...sections.map(({ name }) => name), '.shstrtab'];
  const titleBytes = Buffer.from(titles.map((name) => `${name}\0`).join(''), 'latin1');
  const all = [...sections, { name: '.shstrtab', type: 3, flags: 0, address: 0, bytes: titleBytes }];
  let at = header.size + loaded.length * header.segment;
  const placed = all.map((each) => {
    const offset = Math.ceil(at / 0x80) * 0x80;
    at = offset + each.bytes.length;
    return { ...each, offset, size: each.size ?? each.bytes.length };
  });
  const table = Math.ceil(at / 4) * 4;
  const file = Buffer.alloc(table + (placed.length + 1) * header.section);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  for (const [offset, value] of [[16, 2], [18, 40], [40, header.size], [42, header.segment], [44, loaded.length], [46, header.section], [48, placed.length + 1], [50, placed.length]]) file.writeUInt16LE(value, offset);
  for (const [offset, value] of [[20, 1], [24, entry], [28, header.size], [32, table], [36, 0x05000400]]) file.writeUInt32LE(value, offset);
  placed.filter(({ flags }) => flags & 2).forEach(({ offset, address, bytes, size }, index) => {
    [1, offset, address, address, bytes.length, size, 7, 0x80].forEach((value, field) => file.writeUInt32LE(value, header.size + index * header.segment + field * 4));
  });
  placed.forEach(({ name, type, flags, address, offset, size, bytes, link = 0, info = 0, entry: pitch = 0 }, index) => {
    file.set(bytes, offset);
    const title = titles.slice(0, titles.indexOf(name)).join('\0').length + 1;
    [title, type, flags, address, offset, size, link, info, 4, pitch].forEach((value, field) => file.writeUInt32LE(value, table + (index + 1) * header.section + field * 4));
  });
  return file;
}

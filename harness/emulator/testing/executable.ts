/** The smallest ELF file that QEMU and our reader load: one segment per part, load address = run address. */
export interface Part {
  readonly address: number;
  readonly bytes: Uint8Array;
}

const headerSize = 52;
const programHeaderSize = 32;

export function executable(entry: number, parts: readonly Part[]): Uint8Array {
  let offset = headerSize + parts.length * programHeaderSize;
  const out = new Uint8Array(offset + parts.reduce((sum, { bytes }) => sum + bytes.length, 0));
  const view = new DataView(out.buffer);
  out.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, 40, true); // EM_ARM
  view.setUint32(20, 1, true);
  view.setUint32(24, entry, true);
  view.setUint32(28, headerSize, true);
  view.setUint32(36, 0x05000200, true); // EABI 5, soft float
  view.setUint16(40, headerSize, true);
  view.setUint16(42, programHeaderSize, true);
  view.setUint16(44, parts.length, true);
  parts.forEach(({ address, bytes }, index) => {
    const at = headerSize + index * programHeaderSize;
    [1, offset, address, address, bytes.length, bytes.length, 7, 4].forEach((word, field) => view.setUint32(at + 4 * field, word, true));
    out.set(bytes, offset);
    offset += bytes.length;
  });
  return out;
}

/** The loadable segments of an executable (ELF32, little endian) as it was made for these tests. */
export function partsOf(elf: Uint8Array): Part[] {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const table = view.getUint32(28, true);
  return Array.from({ length: view.getUint16(44, true) }, (_, index) => {
    const [type, offset, , address, size] = [0, 4, 8, 12, 16].map((field) => view.getUint32(table + index * programHeaderSize + field, true));
    return { address: address!, bytes: type === 1 ? elf.subarray(offset, offset! + size!) : new Uint8Array(0) };
  }).filter(({ bytes }) => bytes.length > 0);
}

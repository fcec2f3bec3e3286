/** Compares what two cores left in the records of a random program. */
import type { RandomProgram } from './random-program.js';

const reported = 10;
const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

/** The first blocks that differ, in words. `names`: the words of a record. */
export function differences(blocks: RandomProgram['blocks'], names: readonly string[], ours: Uint8Array, theirs: Uint8Array): string[] {
  const one = new Int32Array(ours.buffer, ours.byteOffset, ours.length >> 2);
  const other = new Int32Array(theirs.buffer, theirs.byteOffset, theirs.length >> 2);
  const found: string[] = [];
  for (let block = 0; block < blocks.length && found.length < reported; block += 1) {
    const wrong = names.flatMap((name, index) => {
      const at = block * names.length + index;
      return one[at] === other[at] ? [] : [`${name} ours ${hex(one[at])} qemu ${hex(other[at])}`];
    });
    const { instructions, input, address } = blocks[block];
    if (wrong.length > 0) {
      const code = instructions.map(({ name, bits }) => `${name} ${hex(bits)}`).join('; ');
      found.push(`${hex(address)}: ${code} | ${wrong.join(', ')} | in: ${input.map((word, index) => `${names[index]}=${hex(word)}`).join(' ')}`);
    }
  }
  if (found.length === 0 && Buffer.compare(ours, theirs) !== 0) found.push('the memory that loads and stores reach differs');
  return found;
}

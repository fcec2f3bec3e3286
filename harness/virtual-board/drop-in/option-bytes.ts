import type { OptionByteValue } from '../protocol.js';
import type { Context } from './context.js';
import { address, elapsed, fullBar, upperHex } from './output.js';
import { ToolError } from './tool-error.js';

/** What the tool says about a value. The wording for this device is in no public transcript (`unverified:`). */
function meaning({ name, value }: OptionByteValue): string {
  if (/^WRPS\d$/.test(name)) return value === 0 ? 'Write protection active on this sector' : 'Write protection not active on this sector';
  if (name === 'NVSTATE') return value === 0xb4 ? 'OPEN' : 'CLOSE';
  return upperHex(value);
}

/** `-ob displ`: rows `NAME : 0xVALUE (text)` under their headings. */
export async function displayOptionBytes({ session, print }: Context): Promise<void> {
  const { values } = await session.request('readOptionBytes', {});
  upload(values, print);
  print('OPTION BYTES BANK: 0');
  let heading: string | undefined;
  for (const option of values) {
    if (option.group !== heading) {
      print();
      print(`   ${option.group}:`);
      print();
      heading = option.group;
    }
    print(`     ${option.name.padEnd(14)} : ${upperHex(option.value)} (${meaning(option)}) `);
  }
  print();
}

/** `-ob NAME=VALUE …`, read back as the tool does. */
export async function writeOptionBytes(wanted: readonly { readonly name: string; readonly value: number }[], { session, print }: Context): Promise<void> {
  const started = performance.now();
  const before = await session.request('readOptionBytes', {});
  upload(before.values, print);
  for (const { name } of wanted) {
    if (!before.values.some((option) => option.name === name)) throw new ToolError(`Option Byte: ${name.slice(0, 80)} is not recognized`, 'Option Byte Programming failed');
  }
  print('PROGRAMMING OPTION BYTES AREA ...');
  area(before.values, print);
  await session.request('writeOptionBytes', { values: wanted }, (refusal) => new ToolError(refusal.message, 'Option Byte Programming failed'));
  print('Reconnecting...');
  print('Reconnected !');
  const after = await session.request('readOptionBytes', {});
  upload(after.values, print);
  print('OPTION BYTE PROGRAMMING VERIFICATION:');
  print();
  const wrong = wanted.flatMap(({ name, value }) => {
    const found = after.values.find((option) => option.name === name)?.value;
    return found === value ? [] : [`Expected value for Option Byte "${name}": ${upperHex(value).toLowerCase()}, found: ${found === undefined ? 'none' : upperHex(found).toLowerCase()}`];
  });
  if (wrong.length > 0) throw new ToolError(wrong[0]!, ...wrong.slice(1), 'Option Byte Programming failed');
  print('Option Bytes successfully programmed');
  print();
  print(`Time elapsed during option Bytes configuration: ${elapsed(started)}`);
  print();
}

function upload(values: readonly OptionByteValue[], print: Context['print']): void {
  print('UPLOADING OPTION BYTES DATA ...');
  area(values, print);
  print(fullBar);
  print();
}

function area(values: readonly OptionByteValue[], print: Context['print']): void {
  const registers = values.map((option) => option.register);
  const first = Math.min(...registers);
  print();
  print('  Bank          : 0x00');
  print(`  Address       : ${address(first).toLowerCase()}`);
  print(`  Size          : ${String(Math.max(...registers) - first + 4)} Bytes`);
  print();
}

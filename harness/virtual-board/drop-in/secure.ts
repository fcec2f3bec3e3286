/** The tool's calls of the ROM's services: `-obrss` and `-psrss`. No transcript of either is public: the lines are `unverified:`. */
import type { Context } from './context.js';
import { address as addressText, upperHex } from './output.js';
import { ToolError } from './tool-error.js';

const stateNames: Readonly<Record<number, string>> = { 0x17: 'PROVISIONING', 0x2e: 'PROVISIONED', 0x72: 'CLOSED', 0x5c: 'LOCKED' };

/** `-obrss <address> <mask> <value> <position>` */
export async function writeOptionRegister(parameters: { readonly address: number; readonly mask: number; readonly value: number; readonly position: number }, { session, print }: Context): Promise<void> {
  const { address, mask, value, position } = parameters;
  print('PROGRAMMING OPTION BYTES THROUGH RSS ...');
  print(`  Address       : ${addressText(address)}`);
  print(`  Mask          : ${addressText(mask)}`);
  print(`  Value         : ${upperHex(value)}`);
  print(`  Position      : ${String(position)}`);
  print();
  await session.request('writeOptionRegister', { address, mask, value, position }, (refusal) => new ToolError(refusal.message, 'Option Byte Programming failed'));
  print('Option Bytes successfully programmed');
  print();
}

/** `-psrss <code>`: then the chip resets, and in a state that closes the debug port the tool cannot attach again. */
export async function setProductState(code: number, { session, print }: Context): Promise<void> {
  print(`Set product state ${upperHex(code)} (${stateNames[code] ?? 'unknown'}) through RSS ...`);
  print();
  const { debugOpen } = await session.request('setProductState', { code }, (refusal) => new ToolError(refusal.message, 'Product State Programming failed'));
  print('Product State successfully programmed');
  print();
  print('Reconnecting...');
  if (!debugOpen) throw new ToolError('failed to reconnect after reset !');
  print('Reconnected !');
  print();
}

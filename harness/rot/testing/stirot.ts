import { createHash } from 'node:crypto';
import type { StirotSlots } from '../../board/index.js';
import { buildOemirotConfigObk, parseObk } from '../../keys/index.js';
import type { ObkStore, OptionByteValues, RotKeys } from '../index.js';
import { encodeObkData } from '../index.js';
import { stirotDataIndex } from '../stirot.js';

/** Option bytes of a closed device. */
export const closedState: OptionByteValues = { NVSTATE: 0x51, OEM_PROVD: 0xb4, DBG_AUTH: 0x51 };

/** Payload of STiRoT_Config.obk with ST's values (STiROT_Config.xml, fields in file order). */
function stirotConfiguration(keys: RotKeys, slots: StirotSlots, minimumProductState: number): Uint8Array {
  const { payload } = parseObk(buildOemirotConfigObk({ ...keys, doEncryption: true }));
  const [authentication, encryption] = [payload.subarray(32, 123), payload.subarray(123, 193)];
  const out = Buffer.alloc(256);
  out.writeUInt32LE(0x01000101, 0x20);
  out.writeUInt32LE(slots.run.base, 0x24);
  out.writeUInt32LE(slots.run.size, 0x28);
  out.writeUInt32LE(minimumProductState, 0x3c);
  out.writeUInt32LE(slots.primary.base, 0x40);
  out.writeUInt32LE(slots.secondary.base, 0x44);
  out.writeUInt32LE(0x6000, 0x54);
  out.set(encryption, 0x5f);
  out.set(authentication, 0xa5);
  out.set(createHash('sha256').update(out.subarray(32)).digest());
  return new Uint8Array(out);
}

/** Gives a device STiRoT's configuration and empty data. */
export function provisionStirot(obk: ObkStore, keys: RotKeys, slots: StirotSlots, minimumProductState = 0x72): void {
  obk.write(1, 8, stirotConfiguration(keys, slots, minimumProductState), { encrypted: true });
  obk.write(1, stirotDataIndex, encodeObkData(), { encrypted: true });
}

import { HarnessError } from '../errors/index.js';
import { parseObk } from '../keys/index.js';
import { productState } from '../rot/index.js';
import type { ProductState } from '../rot/index.js';
import { hex, hex32 } from '../units/index.js';
import { DebugAuthentication, daPayloadSizes, daPlace } from './debug-authentication.js';
import type { KeptPart, NonVolatile } from './kept-state.js';
import { productStateStep, psaLifeCycle } from './life-cycle.js';
import { Refusal } from './protocol.js';
import type { DiscoveryReport, Operations } from './protocol.js';

type Takes<Name extends keyof Operations> = Operations[Name]['takes'];

/** Destination, size, encryption flag. */
const obkHeaderBytes = 12;
/** What RSSLIB SetSecOB writes (device header, RSSLIB_SetSecOB_TypeDef): WRPSRP, HDPSRP, ROTSRP. */
const secureRegisters = [0x5200221c, 0x52002234, 0x5200220c];
/**
 * The same registers as they are read. unverified: ST's DA/ob_programming.sh hands one of them to `-obrss` and goes on; a register that
 * can only be read keeps its value.
 */
const readRegisters = [0x52002218, 0x52002230, 0x52002208];

/** The services of the ROM: RSSLIB's functions that the tool calls, and debug authentication. Nothing here resets the chip; the board does. */
export class RomServices {
  readonly authentication: DebugAuthentication;

  constructor(
    private readonly memories: NonVolatile,
    private readonly deviceId: number,
    /** A memory changed. */
    private readonly touch: (...parts: KeptPart[]) => void,
    private readonly log: (line: string) => void,
  ) {
    this.authentication = new DebugAuthentication(memories.obkeys, () => memories.lifeCycle.debugAuthentication);
  }

  /** Undefined for option bytes that spell no state. */
  state(): ProductState | undefined {
    return productState(this.memories.optionBytes.values());
  }

  /** RSSLIB DataProvisioning, in OPEN and PROVISIONING. @throws Refusal `obk-size`, `obk-format`, `not-served` */
  provision({ data }: Takes<'provision'>): void {
    if (typeof data !== 'string') throw new Refusal('bad-request', 'no data is given');
    const bytes = Buffer.from(data, 'base64');
    // RSSLIB looks at the size before anything else and answers it with a code of its own.
    if (bytes.length < obkHeaderBytes || bytes.readUInt32LE(4) !== bytes.length - obkHeaderBytes) throw new Refusal('obk-size', 'the size of the OBKey file is not the one in its header');
    let file;
    try {
      file = parseObk(bytes);
    } catch (error) {
      throw error instanceof HarnessError ? new Refusal('obk-format', error.message) : error;
    }
    const { hdpl, index, payload, doEncryption, debugAuthentication } = file;
    if (hdpl === daPlace.hdpl && index === daPlace.index) {
      if (daPayloadSizes[debugAuthentication] !== payload.length) throw new Refusal('obk-size', 'a debug-authentication OBKey has 108 bytes, the one that locks 44');
      // unverified: its hash is judged when it is used, not when it is stored.
      this.memories.lifeCycle.debugAuthentication = debugAuthentication;
      this.touch('lifeCycle');
    }
    this.memories.obkeys.write(hdpl, index, payload, { encrypted: doEncryption });
    this.touch('obkeys');
    // Which bytes were provisioned stays out of the log: they are keys.
    this.log(`probe: OBKeys, HDPL ${String(hdpl)}, index ${String(index)}, ${String(payload.length)} bytes`);
  }

  /** RSSLIB SetSecOB. @throws Refusal `bad-request`, `not-served` */
  writeOptionRegister({ address, mask, value, position }: Takes<'writeOptionRegister'>): void {
    for (const word of [address, mask, value]) if (!Number.isInteger(word) || word < 0 || word > 0xffffffff) throw new Refusal('bad-request', 'address, mask and value are words');
    if (!Number.isInteger(position) || position < 0 || position > 31) throw new Refusal('bad-request', 'a position is 0 to 31');
    if (readRegisters.includes(address)) {
      this.log(`probe: RSS, option register ${hex32(address)} can only be read`);
      return;
    }
    if (!secureRegisters.includes(address)) throw new Refusal('not-served', `RSS does not write ${hex32(address)}`);
    const shifted = value * 2 ** position;
    if (shifted > 0xffffffff || (shifted & ~mask) !== 0) throw new Refusal('not-served', `${hex(value)} at bit ${String(position)} is outside the mask ${hex32(mask)}`);
    this.memories.optionBytes.programRegister(address, mask, shifted);
    this.touch('optionBytes');
    this.log(`probe: RSS, option register ${hex32(address)} mask ${hex32(mask)} = ${hex32(shifted)}`);
  }

  /** RSSLIB SetProductState. @throws Refusal `product-state` */
  setProductState({ code }: Takes<'setProductState'>): ProductState {
    if (!Number.isInteger(code)) throw new Refusal('bad-request', 'no product state is given');
    const step = productStateStep(this.state(), code, this.memories.lifeCycle.debugAuthentication);
    if ('refused' in step) throw new Refusal('product-state', step.refused);
    this.memories.optionBytes.force(step.values);
    this.touch('optionBytes');
    this.log(`probe: product state ${step.to}`);
    return step.to;
  }

  discover(): DiscoveryReport {
    const lifeCycle = psaLifeCycle(this.state());
    const { credential, permissions } = this.authentication.discovery();
    // A locked device grants nothing, whatever its OBKeys say.
    const none = lifeCycle === 'LOCKED';
    return { targetId: this.deviceId, socId: '0'.repeat(32), lifeCycle, credential: none ? 'none' : credential, permissions: none ? [] : permissions };
  }

  /** @throws Refusal `authentication-refused` */
  authenticate(parameters: Takes<'authenticate'>): Operations['authenticate']['answers'] {
    const state = this.state();
    if (state === undefined || state === 'LOCKED') throw new Refusal('authentication-refused', 'the product state LOCKED is for ever');
    const action = this.authentication.authenticate(parameters);
    this.log(`probe: debug authentication, ${action}`);
    return { action };
  }

  /** First half of a full regression: user flash erased. The state still stands, so that a regression cut short can be asked for again (unverified:). */
  eraseUserFlash(): void {
    this.memories.internalFlash.bytes.fill(0xff);
    this.touch('internalFlash');
  }

  /** Second half: OBKeys forgotten, option bytes as they left the factory, product state OPEN. */
  openAgain(): void {
    this.memories.obkeys.clear();
    this.memories.lifeCycle.debugAuthentication = 0;
    this.memories.optionBytes.restore({});
    this.touch('obkeys', 'lifeCycle', 'optionBytes');
    this.log('probe: regression, product state OPEN');
  }
}

/**
 * The hot loop. It executes the frequent operations itself, with the flags in local variables, and calls the handler of
 * every other one. The cases are one function on purpose: the host's compiler turns it into one jump table; it refuses
 * functions of more than 60 KB byte code, so that only what is frequent belongs here.
 */
import type { Context } from './context.js';
import type { DecodedPage, Instruction } from './instruction.js';

/** What the loop needs of the core beside its registers. */
export interface Interpretable extends Context {
  /** Instructions left in the running slice. */
  left: number;
  /** Per 4 KB page: what leads from an address to its place in the store, or 0. */
  readonly reads: Int32Array;
  readonly writes: Int32Array;
  /** The decoded page of an address, if the core may go on there without a check. */
  reachable(target: number): DecodedPage | undefined;
  /** A place has been passed as often as was asked for; returns after how many more times to ask again. */
  hot(at: number): number;
  /** Executes the instruction at `pc` inside an IT block. */
  inItBlock(page: DecodedPage): void;
}

/** Makes the core's state complete before anything that may look at it, or end in a fault. */
function suspend(core: Interpretable, ins: Instruction, left: number, nf: number, zf: number, cf: number, vf: number): void {
  core.at = ins.at;
  core.pc = ins.end;
  core.it = ins.it;
  core.left = left;
  core.nf = nf;
  core.zf = zf;
  core.cf = cf;
  core.vf = vf;
}

function leave(core: Interpretable, pc: number, it: number, left: number, nf: number, zf: number, cf: number, vf: number): void {
  core.left = left;
  resume(core, pc, it, nf, zf, cf, vf);
}

function resume(core: Interpretable, pc: number, it: number, nf: number, zf: number, cf: number, vf: number): void {
  core.pc = pc >>> 0;
  core.it = it;
  core.nf = nf;
  core.zf = zf;
  core.cf = cf;
  core.vf = vf;
}

/** Runs from an instruction until the slice ends or the code leaves what is known. The core's `pc` is then the next one. */
export function interpret(core: Interpretable, first: Instruction): void {
  const r = core.r;
  const { words, halfwords, bytes } = core.bus;
  const reads = core.reads;
  const writes = core.writes;
  let { left, nf, zf, cf, vf } = core;
  let ins = first;
  while (left > 0) {
    left -= 1;
    const a = ins.a;
    const b = ins.b;
    const c = ins.c;
    switch (ins.op) {
      case 1: /* MOV_I */ r[a] = b; break;
      case 2: /* MOVS_I */ r[a] = nf = zf = b; break;
      case 3: /* MOV_R */ r[a] = r[c]!; break;
      case 4: /* MOVS_R */ r[a] = nf = zf = r[c]!; break;
      case 5: /* ADD_I */ r[a] = r[b]! + c; break;
      case 6: /* SUB_I */ r[a] = r[b]! - c; break;
      case 7: /* AND_I */ r[a] = r[b]! & c; break;
      case 8: /* ORR_I */ r[a] = r[b]! | c; break;
      case 9: /* BIC_I */ r[a] = r[b]! & ~c; break;
      case 10: /* EOR_I */ r[a] = r[b]! ^ c; break;
      case 11: /* RSB_I */ r[a] = c - r[b]!; break;
      case 12: /* ADD_R */ r[a] = r[b]! + r[c]!; break;
      case 13: /* SUB_R */ r[a] = r[b]! - r[c]!; break;
      case 14: /* AND_R */ r[a] = r[b]! & r[c]!; break;
      case 15: /* ORR_R */ r[a] = r[b]! | r[c]!; break;
      case 16: /* BIC_R */ r[a] = r[b]! & ~r[c]!; break;
      case 17: /* EOR_R */ r[a] = r[b]! ^ r[c]!; break;
      case 18: /* RSB_R */ r[a] = r[c]! - r[b]!; break;
      case 19: /* ANDS_I */ r[a] = nf = zf = r[b]! & c; break;
      case 20: /* ORRS_I */ r[a] = nf = zf = r[b]! | c; break;
      case 21: /* BICS_I */ r[a] = nf = zf = r[b]! & ~c; break;
      case 22: /* EORS_I */ r[a] = nf = zf = r[b]! ^ c; break;
      case 23: /* ADDS_I */ {
        const x = r[b]!, y = c, sum = (x + y) | 0; cf = sum >>> 0 < x >>> 0 ? 1 : 0; vf = ((x ^ sum) & (y ^ sum)) >>> 31; r[a] = nf = zf = sum;
        break;
      }
      case 24: /* SUBS_I */ {
        const x = r[b]!, y = c; cf = x >>> 0 >= y >>> 0 ? 1 : 0; r[a] = nf = zf = (x - y) | 0; vf = ((x ^ y) & (x ^ nf)) >>> 31;
        break;
      }
      case 25: /* ANDS_R */ r[a] = nf = zf = r[b]! & r[c]!; break;
      case 26: /* ORRS_R */ r[a] = nf = zf = r[b]! | r[c]!; break;
      case 27: /* BICS_R */ r[a] = nf = zf = r[b]! & ~r[c]!; break;
      case 28: /* EORS_R */ r[a] = nf = zf = r[b]! ^ r[c]!; break;
      case 29: /* ADDS_R */ {
        const x = r[b]!, y = r[c]!, sum = (x + y) | 0; cf = sum >>> 0 < x >>> 0 ? 1 : 0; vf = ((x ^ sum) & (y ^ sum)) >>> 31; r[a] = nf = zf = sum;
        break;
      }
      case 30: /* SUBS_R */ {
        const x = r[b]!, y = r[c]!; cf = x >>> 0 >= y >>> 0 ? 1 : 0; r[a] = nf = zf = (x - y) | 0; vf = ((x ^ y) & (x ^ nf)) >>> 31;
        break;
      }
      case 31: /* CMP_I */ {
        const x = r[a]!, y = b; cf = x >>> 0 >= y >>> 0 ? 1 : 0; nf = zf = (x - y) | 0; vf = ((x ^ y) & (x ^ nf)) >>> 31;
        break;
      }
      case 32: /* TST_I */ nf = zf = r[a]! & b; break;
      case 33: /* CMP_R */ {
        const x = r[a]!, y = r[b]!; cf = x >>> 0 >= y >>> 0 ? 1 : 0; nf = zf = (x - y) | 0; vf = ((x ^ y) & (x ^ nf)) >>> 31;
        break;
      }
      case 34: /* TST_R */ nf = zf = r[a]! & r[b]!; break;
      case 35: /* RSBS_I */ {
        const y = r[b]!; cf = c >>> 0 >= y >>> 0 ? 1 : 0; r[a] = nf = zf = (c - y) | 0; vf = ((c ^ y) & (c ^ nf)) >>> 31;
        break;
      }
      case 36: /* LSLS_I */ {
        const x = r[b]!; cf = (x >>> (32 - (c >>> 2))) & 1; r[a] = nf = zf = x << (c >>> 2);
        break;
      }
      case 37: /* LSRS_I */ {
        const x = r[b]! >>> ((c >>> 2) - 1); cf = x & 1; r[a] = nf = zf = x >>> 1;
        break;
      }
      case 38: /* ASRS_I */ {
        const x = r[b]! >> ((c >>> 2) - 1); cf = x & 1; r[a] = nf = zf = x >> 1;
        break;
      }
      case 39: /* LSL_I */ r[a] = r[b]! << c; break;
      case 40: /* LSR_I */ r[a] = c < 32 ? r[b]! >>> c : 0; break;
      case 41: /* ASR_I */ r[a] = r[b]! >> (c < 32 ? c : 31); break;
      case 42: /* ADD_LSL */ r[a & 0xf] = r[(a >>> 4) & 0xf]! + (r[a >>> 8]! << (c >>> 2)); break;
      case 43: /* SUB_LSL */ r[a & 0xf] = r[(a >>> 4) & 0xf]! - (r[a >>> 8]! << (c >>> 2)); break;
      case 44: /* AND_LSL */ r[a & 0xf] = r[(a >>> 4) & 0xf]! & (r[a >>> 8]! << (c >>> 2)); break;
      case 45: /* ORR_LSL */ r[a & 0xf] = r[(a >>> 4) & 0xf]! | (r[a >>> 8]! << (c >>> 2)); break;
      case 46: /* EOR_LSL */ r[a & 0xf] = r[(a >>> 4) & 0xf]! ^ (r[a >>> 8]! << (c >>> 2)); break;
      case 47: /* ADD_LSR */ r[a & 0xf] = r[(a >>> 4) & 0xf]! + (r[a >>> 8]! >>> (c >>> 2)); break;
      case 48: /* ORR_LSR */ r[a & 0xf] = r[(a >>> 4) & 0xf]! | (r[a >>> 8]! >>> (c >>> 2)); break;
      case 49: /* EOR_LSR */ r[a & 0xf] = r[(a >>> 4) & 0xf]! ^ (r[a >>> 8]! >>> (c >>> 2)); break;
      case 50: /* UXTB */ r[a] = r[b]! & 0xff; break;
      case 51: /* UXTH */ r[a] = r[b]! & 0xffff; break;
      case 52: /* SXTB */ r[a] = (r[b]! << 24) >> 24; break;
      case 53: /* SXTH */ r[a] = (r[b]! << 16) >> 16; break;
      case 54: /* UBFX */ r[a] = (r[b]! << (32 - (c >>> 5) - (c & 31))) >>> (32 - (c >>> 5)); break;
      case 55: /* SBFX */ r[a] = (r[b]! << (32 - (c >>> 5) - (c & 31))) >> (32 - (c >>> 5)); break;
      case 56: /* MUL */ r[a] = Math.imul(r[b]!, r[c]!); break;
      case 57: /* MULS */ r[a] = nf = zf = Math.imul(r[b]!, r[c]!); break;
      case 58: /* MLA */ r[a & 0xf] = Math.imul(r[(a >>> 4) & 0xf]!, r[(a >>> 8) & 0xf]!) + (a >>> 12 === 15 ? 0 : r[a >>> 12]!); break;
      case 59: /* MVN */ r[a] = ~r[b]!; break;
      case 60: /* LDR */ {
        const address = (r[b]! + c) | 0, entry = reads[address >>> 12]!;
        if (entry !== 0 && (address & 3) === 0) r[a] = words[(entry + address) >>> 2]!;
        else {
          suspend(core, ins, left, nf, zf, cf, vf);
          r[a] = core.load32(address); left = core.left;
        }
        break;
      }
      case 61: /* LDRH */ {
        const address = (r[b]! + c) | 0, entry = reads[address >>> 12]!;
        if (entry !== 0 && (address & 1) === 0) r[a] = halfwords[(entry + address) >>> 1]!;
        else {
          suspend(core, ins, left, nf, zf, cf, vf);
          r[a] = core.load16(address); left = core.left;
        }
        break;
      }
      case 62: /* LDRB */ {
        const address = (r[b]! + c) | 0, entry = reads[address >>> 12]!;
        if (entry !== 0) r[a] = bytes[(entry + address) >>> 0]!;
        else {
          suspend(core, ins, left, nf, zf, cf, vf);
          r[a] = core.load8(address); left = core.left;
        }
        break;
      }
      case 63: /* LDRSH */ {
        const address = (r[b]! + c) | 0, entry = reads[address >>> 12]!;
        if (entry !== 0 && (address & 1) === 0) r[a] = (halfwords[(entry + address) >>> 1]! << 16) >> 16;
        else {
          suspend(core, ins, left, nf, zf, cf, vf);
          r[a] = (core.load16(address) << 16) >> 16; left = core.left;
        }
        break;
      }
      case 64: /* LDRSB */ {
        const address = (r[b]! + c) | 0, entry = reads[address >>> 12]!;
        if (entry !== 0) r[a] = (bytes[(entry + address) >>> 0]! << 24) >> 24;
        else {
          suspend(core, ins, left, nf, zf, cf, vf);
          r[a] = (core.load8(address) << 24) >> 24; left = core.left;
        }
        break;
      }
      case 65: /* STR */ {
        const address = (r[b]! + c) | 0, entry = writes[address >>> 12]!;
        if (entry !== 0 && (address & 3) === 0) words[(entry + address) >>> 2] = r[a]!;
        else {
          const end = ins.end;
          suspend(core, ins, left, nf, zf, cf, vf);
          core.store32(address, r[a]!);
          left = core.left;
          if (ins.end !== end) return resume(core, end, ins.next.it, nf, zf, cf, vf);
        }
        break;
      }
      case 66: /* STRH */ {
        const address = (r[b]! + c) | 0, entry = writes[address >>> 12]!;
        if (entry !== 0 && (address & 1) === 0) halfwords[(entry + address) >>> 1] = r[a]!;
        else {
          const end = ins.end;
          suspend(core, ins, left, nf, zf, cf, vf);
          core.store16(address, r[a]!);
          left = core.left;
          if (ins.end !== end) return resume(core, end, ins.next.it, nf, zf, cf, vf);
        }
        break;
      }
      case 67: /* STRB */ {
        const address = (r[b]! + c) | 0, entry = writes[address >>> 12]!;
        if (entry !== 0) bytes[(entry + address) >>> 0] = r[a]!;
        else {
          const end = ins.end;
          suspend(core, ins, left, nf, zf, cf, vf);
          core.store8(address, r[a]!);
          left = core.left;
          if (ins.end !== end) return resume(core, end, ins.next.it, nf, zf, cf, vf);
        }
        break;
      }
      case 68: /* LDR_X */ {
        const address = (r[b & 0xf]! + (r[b >>> 4]! << c)) | 0, entry = reads[address >>> 12]!;
        if (entry !== 0 && (address & 3) === 0) r[a] = words[(entry + address) >>> 2]!;
        else {
          suspend(core, ins, left, nf, zf, cf, vf);
          r[a] = core.load32(address); left = core.left;
        }
        break;
      }
      case 69: /* LDRH_X */ {
        const address = (r[b & 0xf]! + (r[b >>> 4]! << c)) | 0, entry = reads[address >>> 12]!;
        if (entry !== 0 && (address & 1) === 0) r[a] = halfwords[(entry + address) >>> 1]!;
        else {
          suspend(core, ins, left, nf, zf, cf, vf);
          r[a] = core.load16(address); left = core.left;
        }
        break;
      }
      case 70: /* LDRB_X */ {
        const address = (r[b & 0xf]! + (r[b >>> 4]! << c)) | 0, entry = reads[address >>> 12]!;
        if (entry !== 0) r[a] = bytes[(entry + address) >>> 0]!;
        else {
          suspend(core, ins, left, nf, zf, cf, vf);
          r[a] = core.load8(address); left = core.left;
        }
        break;
      }
      case 71: /* LDRSH_X */ {
        const address = (r[b & 0xf]! + (r[b >>> 4]! << c)) | 0, entry = reads[address >>> 12]!;
        if (entry !== 0 && (address & 1) === 0) r[a] = (halfwords[(entry + address) >>> 1]! << 16) >> 16;
        else {
          suspend(core, ins, left, nf, zf, cf, vf);
          r[a] = (core.load16(address) << 16) >> 16; left = core.left;
        }
        break;
      }
      case 72: /* LDRSB_X */ {
        const address = (r[b & 0xf]! + (r[b >>> 4]! << c)) | 0, entry = reads[address >>> 12]!;
        if (entry !== 0) r[a] = (bytes[(entry + address) >>> 0]! << 24) >> 24;
        else {
          suspend(core, ins, left, nf, zf, cf, vf);
          r[a] = (core.load8(address) << 24) >> 24; left = core.left;
        }
        break;
      }
      case 73: /* STR_X */ {
        const address = (r[b & 0xf]! + (r[b >>> 4]! << c)) | 0, entry = writes[address >>> 12]!;
        if (entry !== 0 && (address & 3) === 0) words[(entry + address) >>> 2] = r[a]!;
        else {
          const end = ins.end;
          suspend(core, ins, left, nf, zf, cf, vf);
          core.store32(address, r[a]!);
          left = core.left;
          if (ins.end !== end) return resume(core, end, ins.next.it, nf, zf, cf, vf);
        }
        break;
      }
      case 74: /* STRH_X */ {
        const address = (r[b & 0xf]! + (r[b >>> 4]! << c)) | 0, entry = writes[address >>> 12]!;
        if (entry !== 0 && (address & 1) === 0) halfwords[(entry + address) >>> 1] = r[a]!;
        else {
          const end = ins.end;
          suspend(core, ins, left, nf, zf, cf, vf);
          core.store16(address, r[a]!);
          left = core.left;
          if (ins.end !== end) return resume(core, end, ins.next.it, nf, zf, cf, vf);
        }
        break;
      }
      case 75: /* STRB_X */ {
        const address = (r[b & 0xf]! + (r[b >>> 4]! << c)) | 0, entry = writes[address >>> 12]!;
        if (entry !== 0) bytes[(entry + address) >>> 0] = r[a]!;
        else {
          const end = ins.end;
          suspend(core, ins, left, nf, zf, cf, vf);
          core.store8(address, r[a]!);
          left = core.left;
          if (ins.end !== end) return resume(core, end, ins.next.it, nf, zf, cf, vf);
        }
        break;
      }
      case 76: /* LDR_AT */ {
        const address = b, entry = reads[address >>> 12]!;
        if (entry !== 0 && (address & 3) === 0) r[a] = words[(entry + address) >>> 2]!;
        else {
          suspend(core, ins, left, nf, zf, cf, vf);
          r[a] = core.load32(address); left = core.left;
        }
        break;
      }
      case 77: /* LDR_WB */ {
        const n = (a >>> 4) & 0xf, base = r[n]!;
        let value: number;
        const address = c !== 0 ? base + b | 0 : base, entry = reads[address >>> 12]!;
        if (entry !== 0 && (address & 3) === 0) value = words[(entry + address) >>> 2]!;
        else {
          suspend(core, ins, left, nf, zf, cf, vf);
          value = core.load32(address); left = core.left;
        }
        r[n] = base + b;
        r[a & 0xf] = value;
        break;
      }
      case 78: /* LDRH_WB */ {
        const n = (a >>> 4) & 0xf, base = r[n]!;
        let value: number;
        const address = c !== 0 ? base + b | 0 : base, entry = reads[address >>> 12]!;
        if (entry !== 0 && (address & 1) === 0) value = halfwords[(entry + address) >>> 1]!;
        else {
          suspend(core, ins, left, nf, zf, cf, vf);
          value = core.load16(address); left = core.left;
        }
        r[n] = base + b;
        r[a & 0xf] = value;
        break;
      }
      case 79: /* LDRB_WB */ {
        const n = (a >>> 4) & 0xf, base = r[n]!;
        let value: number;
        const address = c !== 0 ? base + b | 0 : base, entry = reads[address >>> 12]!;
        if (entry !== 0) value = bytes[(entry + address) >>> 0]!;
        else {
          suspend(core, ins, left, nf, zf, cf, vf);
          value = core.load8(address); left = core.left;
        }
        r[n] = base + b;
        r[a & 0xf] = value;
        break;
      }
      case 80: /* LDRSH_WB */ {
        const n = (a >>> 4) & 0xf, base = r[n]!;
        let value: number;
        const address = c !== 0 ? base + b | 0 : base, entry = reads[address >>> 12]!;
        if (entry !== 0 && (address & 1) === 0) value = (halfwords[(entry + address) >>> 1]! << 16) >> 16;
        else {
          suspend(core, ins, left, nf, zf, cf, vf);
          value = (core.load16(address) << 16) >> 16; left = core.left;
        }
        r[n] = base + b;
        r[a & 0xf] = value;
        break;
      }
      case 81: /* STR_WB */ {
        const n = (a >>> 4) & 0xf, base = r[n]!;
        const address = c !== 0 ? base + b | 0 : base, entry = writes[address >>> 12]!;
        if (entry !== 0 && (address & 3) === 0) {
          words[(entry + address) >>> 2] = r[a & 0xf]!;
          r[n] = base + b;
        } else {
          const end = ins.end;
          suspend(core, ins, left, nf, zf, cf, vf);
          core.store32(address, r[a & 0xf]!);
          r[n] = base + b;
          left = core.left;
          if (ins.end !== end) return resume(core, end, ins.next.it, nf, zf, cf, vf);
        }
        break;
      }
      case 82: /* STRH_WB */ {
        const n = (a >>> 4) & 0xf, base = r[n]!;
        const address = c !== 0 ? base + b | 0 : base, entry = writes[address >>> 12]!;
        if (entry !== 0 && (address & 1) === 0) {
          halfwords[(entry + address) >>> 1] = r[a & 0xf]!;
          r[n] = base + b;
        } else {
          const end = ins.end;
          suspend(core, ins, left, nf, zf, cf, vf);
          core.store16(address, r[a & 0xf]!);
          r[n] = base + b;
          left = core.left;
          if (ins.end !== end) return resume(core, end, ins.next.it, nf, zf, cf, vf);
        }
        break;
      }
      case 83: /* STRB_WB */ {
        const n = (a >>> 4) & 0xf, base = r[n]!;
        const address = c !== 0 ? base + b | 0 : base, entry = writes[address >>> 12]!;
        if (entry !== 0) {
          bytes[(entry + address) >>> 0] = r[a & 0xf]!;
          r[n] = base + b;
        } else {
          const end = ins.end;
          suspend(core, ins, left, nf, zf, cf, vf);
          core.store8(address, r[a & 0xf]!);
          r[n] = base + b;
          left = core.left;
          if (ins.end !== end) return resume(core, end, ins.next.it, nf, zf, cf, vf);
        }
        break;
      }
      case 84: /* B */ ins = ins.taken; continue;
      case 85: /* BEQ */ if (zf === 0) { ins = ins.taken; continue; } break;
      case 86: /* BNE */ if (zf !== 0) { ins = ins.taken; continue; } break;
      case 87: /* BCS */ if (cf !== 0) { ins = ins.taken; continue; } break;
      case 88: /* BCC */ if (cf === 0) { ins = ins.taken; continue; } break;
      case 89: /* BMI */ if (nf < 0) { ins = ins.taken; continue; } break;
      case 90: /* BPL */ if (nf >= 0) { ins = ins.taken; continue; } break;
      case 91: /* BVS */ if (vf !== 0) { ins = ins.taken; continue; } break;
      case 92: /* BVC */ if (vf === 0) { ins = ins.taken; continue; } break;
      case 93: /* BHI */ if (cf !== 0 && zf !== 0) { ins = ins.taken; continue; } break;
      case 94: /* BLS */ if (cf === 0 || zf === 0) { ins = ins.taken; continue; } break;
      case 95: /* BGE */ if (nf < 0 === (vf !== 0)) { ins = ins.taken; continue; } break;
      case 96: /* BLT */ if (nf < 0 !== (vf !== 0)) { ins = ins.taken; continue; } break;
      case 97: /* BGT */ if (zf !== 0 && nf < 0 === (vf !== 0)) { ins = ins.taken; continue; } break;
      case 98: /* BLE */ if (zf === 0 || nf < 0 !== (vf !== 0)) { ins = ins.taken; continue; } break;
      case 99: /* CBZ */ if (r[a] === 0) { ins = ins.taken; continue; } break;
      case 100: /* CBNZ */ if (r[a] !== 0) { ins = ins.taken; continue; } break;
      case 101: /* BL */ {
        r[14] = b;
        if (c !== 0) ins.c = c === 1 ? core.hot(a) : c - 1;
        const page = core.reachable(a);
        if (page === undefined) return leave(core, a, 0, left, nf, zf, cf, vf);
        ins = page.instructions[(a & 0xfff) >> 1] ?? page.instruction(a >>> 0);
        continue;
      }
      case 102: /* BX */ {
        const target = r[a]!;
        if ((target & 1) !== 0 && target >>> 28 !== 0xf) {
          const page = core.reachable(target);
          if (page === undefined) return leave(core, target & ~1, 0, left, nf, zf, cf, vf);
          ins = page.instructions[(target & 0xfff) >> 1] ?? page.instruction((target & ~1) >>> 0);
          continue;
        }
        suspend(core, ins, left, nf, zf, cf, vf);
        core.branchExchange(target);
        return;
      }
      case 103: /* LEAVE */ return leave(core, ins.at, 0, left + 1, nf, zf, cf, vf);
      case 104: /* NOP */ break;
      case 105: /* SMLA */ {
        const x = r[(a >>> 4) & 0xf]!, y = r[(a >>> 8) & 0xf]!;
        const sum = ((b & 2) !== 0 ? x >> 16 : (x << 16) >> 16) * ((b & 1) !== 0 ? y >> 16 : (y << 16) >> 16) + (a >>> 12 === 15 ? 0 : r[a >>> 12]!);
        if (sum !== (sum | 0)) core.qf = 1;
        r[a & 0xf] = sum;
        break;
      }
      case 106: /* ENTER */ return leave(core, ins.at, 0, left + 1, nf, zf, cf, vf);
      case 107: /* COUNT */
        left += 1;
        ins.a = a > 1 ? a - 1 : core.hot(ins.at);
        ins = ins.taken;
        continue;
      default: {
        suspend(core, ins, left, nf, zf, cf, vf);
        ins.handler(core, a, b, c);
        if (core.it !== 0) finishItBlock(core);
        ({ left, nf, zf, cf, vf } = core);
        const pc = core.pc;
        if (pc !== ins.end || core.it !== 0) {
          const page = core.thumb && core.it === 0 ? core.reachable(pc) : undefined;
          if (page === undefined) return;
          ins = page.instructions[(pc & 0xfff) >> 1] ?? page.instruction(pc);
          continue;
        }
      }
    }
    ins = ins.next;
  }
  leave(core, ins.at, ins.it, left, nf, zf, cf, vf);
}

/** The instructions behind an IT, as long as they can be reached without a check. */
function finishItBlock(core: Interpretable): void {
  while (core.it !== 0 && core.left > 0 && core.thumb) {
    const page = core.reachable(core.pc);
    if (page === undefined) return;
    core.inItBlock(page);
  }
}

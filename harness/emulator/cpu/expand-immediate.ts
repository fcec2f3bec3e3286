/** ThumbExpandImm_C (DDI 0403E A5.3.2). `carry` is −1 where the flag stays as it is. */
export function expandImmediate(imm12: number): { readonly value: number; readonly carry: -1 | 0 | 1 } {
  const byte = imm12 & 0xff;
  if (imm12 >>> 10 === 0) {
    switch ((imm12 >>> 8) & 3) {
      case 0:
        return { value: byte, carry: -1 };
      case 1:
        return { value: (byte << 16) | byte, carry: -1 };
      case 2:
        return { value: (byte << 24) | (byte << 8), carry: -1 };
      default:
        return { value: (byte << 24) | (byte << 16) | (byte << 8) | byte, carry: -1 };
    }
  }
  const rotation = imm12 >>> 7;
  const unrotated = 0x80 | (imm12 & 0x7f);
  const value = (unrotated >>> rotation) | (unrotated << (32 - rotation));
  return { value, carry: value < 0 ? 1 : 0 };
}

/** Operations of the hot loop (interpreter.ts, whose cases bear these numbers: the host builds its jump table from literals only). */
export const Op = {
  CALL: 0, MOV_I: 1, MOVS_I: 2, MOV_R: 3, MOVS_R: 4, ADD_I: 5, SUB_I: 6, AND_I: 7, ORR_I: 8, BIC_I: 9, EOR_I: 10, RSB_I: 11, ADD_R: 12, SUB_R: 13,
  AND_R: 14, ORR_R: 15, BIC_R: 16, EOR_R: 17, RSB_R: 18, ANDS_I: 19, ORRS_I: 20, BICS_I: 21, EORS_I: 22, ADDS_I: 23, SUBS_I: 24, ANDS_R: 25, ORRS_R: 26,
  BICS_R: 27, EORS_R: 28, ADDS_R: 29, SUBS_R: 30, CMP_I: 31, TST_I: 32, CMP_R: 33, TST_R: 34, RSBS_I: 35, LSLS_I: 36, LSRS_I: 37, ASRS_I: 38, LSL_I: 39,
  LSR_I: 40, ASR_I: 41, ADD_LSL: 42, SUB_LSL: 43, AND_LSL: 44, ORR_LSL: 45, EOR_LSL: 46, ADD_LSR: 47, ORR_LSR: 48, EOR_LSR: 49, UXTB: 50, UXTH: 51,
  SXTB: 52, SXTH: 53, UBFX: 54, SBFX: 55, MUL: 56, MULS: 57, MLA: 58, MVN: 59, LDR: 60, LDRH: 61, LDRB: 62, LDRSH: 63, LDRSB: 64, STR: 65, STRH: 66,
  STRB: 67, LDR_X: 68, LDRH_X: 69, LDRB_X: 70, LDRSH_X: 71, LDRSB_X: 72, STR_X: 73, STRH_X: 74, STRB_X: 75, LDR_AT: 76, LDR_WB: 77, LDRH_WB: 78,
  LDRB_WB: 79, LDRSH_WB: 80, STR_WB: 81, STRH_WB: 82, STRB_WB: 83, B: 84, BEQ: 85, BNE: 86, BCS: 87, BCC: 88, BMI: 89, BPL: 90, BVS: 91, BVC: 92, BHI:
  93, BLS: 94, BGE: 95, BLT: 96, BGT: 97, BLE: 98, CBZ: 99, CBNZ: 100, BL: 101, BX: 102, LEAVE: 103, NOP: 104, SMLA: 105, ENTER: 106, COUNT: 107,
} as const;

export type Op = (typeof Op)[keyof typeof Op];

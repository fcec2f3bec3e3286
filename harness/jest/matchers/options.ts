/** What the matchers of board suites take. */
import type { FaultKind } from '../../session/index.js';

export type MatcherName = 'toBoot' | 'toBeRejected' | 'toFault' | 'toPrint';

export interface ToBootOptions {
  /** Version that has to start, such as `1.1.0`: read from the application's banner. Without it any application will do. */
  readonly version?: string;
  /**
   * First line of the application, with its version as the first group or as the group `version`. Default: the banner of the firmware
   * fixtures, else any line after the jump that has the version as a word of its own.
   */
  readonly banner?: RegExp;
  /** Only where an image is expected to boot: install it over what runs, as an update, instead of provisioning the board with it. */
  readonly asUpdate?: boolean;
  /** From the reset to the banner, in ms; what the root of trust needs to move images comes on top. Default 20 000. */
  readonly withinMs?: number;
}

/** Check of the root of trust that refuses an image, in its order: see `rot-hil image verify`. */
export type RejectionStage = 'header' | 'trailer' | 'decrypt-key' | 'tlv' | 'security-counter' | 'hash' | 'key' | 'signature' | 'slot-pattern';

export interface ToBeRejectedOptions {
  readonly stage: RejectionStage;
  /** Reason that the verifier gives, such as /below stored/. */
  readonly reason?: RegExp | string;
  /** Until the application that was there before runs again; what the root of trust needs to erase the image comes on top. Default 20 000. */
  readonly withinMs?: number;
}

export type { FaultKind } from '../../session/index.js';

export interface ToFaultOptions {
  /** The exception, or the cause of an escalated one: a HardFault whose CFSR tells of a MemManage is both. Default: any. */
  readonly kind?: FaultKind;
  /** Address of the access, from MMFAR or BFAR. */
  readonly address?: number;
  /** Address of the instruction; the Thumb bit does not matter. */
  readonly pc?: number;
  /** Names of bits of CFSR that must be set, such as `DACCVIOL`. */
  readonly flags?: readonly string[];
  /** Until the application has told of the fault. Default 5000. */
  readonly withinMs?: number;
}

export interface ToPrintOptions {
  /** In ms. Default 5000. */
  readonly withinMs?: number;
}

/** What a matcher has found: as Jest wants it. */
export interface MatcherResult {
  readonly pass: boolean;
  message(): string;
}

import type { BootPathName, ExecutionMode, UpdateMode } from '../../board/index.js';

/** Product states that a lab file may permit; LOCKED is permitted apart from them. */
export type PermittedState = 'PROVISIONING' | 'PROVISIONED' | 'CLOSED';

/** What may be done to a board beyond product state OPEN. */
export interface Permissions {
  /** Product states that the board may be put into. */
  readonly productStates: readonly PermittedState[];
  /** Whether the board may be put into LOCKED, from which there is no way back. */
  readonly locked: boolean;
}

/** A secret by reference: an absolute path, or the name of an environment variable. Its content never stands in a lab file. */
export type SecretReference = { readonly file: string } | { readonly env: string };

export interface LabKeys {
  readonly authentication?: SecretReference;
  readonly encryption?: SecretReference;
  readonly debugAuthentication?: {
    readonly key?: SecretReference;
    /** Absolute path of the certificate chain (.b64). */
    readonly chain?: string;
    readonly password?: SecretReference;
  };
}

/** One build of the code in user flash, and the configurations that it is for; what is left out is any. */
export interface LabRotBinary {
  /** Absolute path of OEMiROT_Boot.bin or STiROT_iLoader.bin. */
  readonly file: string;
  /** Absolute path of OEMuRoT's signed image. */
  readonly secondStage?: string;
  readonly bootPath?: BootPathName;
  readonly mode?: UpdateMode;
  readonly exec?: ExecutionMode;
}

/** What a night covers on a bench: every combination that its kit has. */
export interface Cover {
  readonly bootPaths: readonly BootPathName[];
  readonly modes: readonly UpdateMode[];
  /** Empty: the kit's first execution mode for boot path and mode. */
  readonly execs: readonly ExecutionMode[];
  /** Suites as on the command line; undefined: those of the night. */
  readonly suites?: readonly string[];
}

interface AnyBench {
  readonly name: string;
  /** Kit id as the kit's file spells it. */
  readonly kit: string;
  /** Line of the lab file where the bench begins, from 1. */
  readonly line: number;
  readonly bootLoader: { readonly port?: string; readonly baudRate: number };
  /** File names beside the tool, or absolute paths; absent: the kit's. */
  readonly loaders: { readonly open?: string; readonly bootLoader?: string };
  readonly permissions: Permissions;
  readonly keys: LabKeys;
  readonly rot: readonly LabRotBinary[];
  readonly app?: { readonly file: string; readonly version?: string };
  readonly cover: Cover;
  readonly tags: readonly string[];
}

/** A virtual board, started for each run. */
export interface VirtualLabBench extends AnyBench {
  readonly virtual: true;
  readonly seed: number;
}

/** A board on a desk or in a rack. */
export interface RealLabBench extends AnyBench {
  readonly virtual: false;
  /** Serial number of its ST-LINK as the lab file spells it. */
  readonly probeSn: string;
  readonly console: { readonly path: string; readonly baudRate: number };
  /** Absolute path of STM32_Programmer_CLI or its folder; absent: where STM32CubeProgrammer installs it. */
  readonly tool?: string;
  readonly powerSwitch?: readonly string[];
  readonly powerCycle?: readonly string[];
}

export type LabBench = VirtualLabBench | RealLabBench;

export interface NightlySettings {
  /** Absent: every shipped suite. */
  readonly suites?: readonly string[];
  readonly retries: number;
  readonly quarantineAfter: number;
  /** Absent: no limit. */
  readonly budgetMinutes?: number;
  /** Absent: what a run of all suites takes on such a board, and more. */
  readonly runTimeoutSeconds?: number;
  readonly repeat: number;
  /** Absent: all boards at once. */
  readonly parallel?: number;
}

/** A lab file, checked; every path in it is absolute. */
export interface LabFile {
  /** Absolute path of the file. */
  readonly path: string;
  /** Its own, or the file's name without `.lab.yaml`. */
  readonly name: string;
  /** Absolute; absent: this user's runtime folder. */
  readonly leases?: string;
  readonly nightly: NightlySettings;
  readonly benches: readonly LabBench[];
}

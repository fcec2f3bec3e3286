import type { Cover, LabKeys, LabRotBinary, NightlySettings, Permissions } from './types.js';

/** What a bench may leave to `defaults`. */
interface SettingsAsWritten {
  kit?: string;
  tool?: string;
  loaders?: { open?: string; bootLoader?: string };
  permissions?: Partial<Permissions>;
  keys?: LabKeys;
  rot?: readonly LabRotBinary[];
  app?: { file: string; version?: string };
  cover?: Partial<Cover>;
  tags?: readonly string[];
}

/** A bench as the file has it, once the schema is satisfied. */
export interface BenchAsWritten extends SettingsAsWritten {
  name: string;
  virtual?: boolean;
  seed?: number;
  probe?: { sn: string };
  console?: { path: string; baudRate?: number };
  bootLoader?: { port?: string; baudRate?: number };
  powerSwitch?: readonly string[];
  powerCycle?: readonly string[];
}

export interface LabAsWritten {
  name?: string;
  leases?: string;
  nightly?: Partial<NightlySettings>;
  defaults?: SettingsAsWritten;
  benches: readonly BenchAsWritten[];
}

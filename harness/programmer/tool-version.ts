import { HarnessError } from '../errors/index.js';

/**
 * The oldest STM32CubeProgrammer that knows STM32H7RS. unverified: its release note names the family from 2.16 on; nothing older was tried.
 */
const oldestVersion = '2.16.0';

export type VersionJudgement = { readonly supported: true } | { readonly supported: false; readonly reason: string; readonly nextStep: string };

/** Whether a version, as `Programmer.version` gives it, can drive this chip. */
export function judgeVersion(version: string): VersionJudgement {
  const nextStep = `install STM32CubeProgrammer ${oldestVersion} or later from st.com`;
  const numbers = (text: string): number[] | undefined => (/^\d+(?:\.\d+){1,3}/.exec(text)?.[0] ?? undefined)?.split('.').map(Number);
  const have = numbers(version);
  if (have === undefined) return { supported: false, reason: `the tool does not tell its version (${version.slice(0, 40)})`, nextStep };
  const need = numbers(oldestVersion)!;
  const at = need.findIndex((part, index) => (have[index] ?? 0) !== part);
  if (at === -1 || (have[at] ?? 0) > need[at]!) return { supported: true };
  return { supported: false, reason: `version ${version} of the tool does not know STM32H7RS`, nextStep };
}

/** @throws HarnessError `tool-version` (bench) */
export function requireVersion(version: string): void {
  const judged = judgeVersion(version);
  if (judged.supported) return;
  throw new HarnessError({ code: 'tool-version', kind: 'bench', message: judged.reason, nextStep: judged.nextStep, fields: { version } });
}

import type { Rule } from '../rule.js';

/** Judged by `check --source`, which sees the projects; nothing of an application alone tells it. */
export const linkerScriptMissing: Rule = {
  id: 'linker-script-missing',
  title: 'The linker script that a project names is there',
  severity: 'error',
  why: 'the project links with another script, or not at all; a name that differs in case alone is found on Windows and nowhere else',
  fix: 'correct the name in the project, or of the file',
  source: 'project files of STM32CubeIDE, EWARM, MDK-ARM, CMake',
  check: () => [],
};

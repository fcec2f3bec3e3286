import type { Command } from 'commander';
import { Option } from 'commander';
import type { SummaryFormat } from '../report/index.js';
import type { ConfigurationArguments } from './configuration-options.js';
import { addConfigurationOptions } from './configuration-options.js';
import { wholeNumber } from './whole-number.js';

/** What `run` and `nightly` are both given. */
export interface SuiteArguments extends ConfigurationArguments {
  readonly lab?: string;
  readonly wait: number;
  readonly summary: SummaryFormat;
  readonly report: string;
  readonly json?: boolean;
}

/** The options of every command that runs suites. @param use `filter`: of the matrix of a lab file; else one run */
export function addSuiteOptions(command: Command, use: 'one' | 'filter'): Command {
  return addConfigurationOptions(command, use)
    .option('--wait <seconds>', 'wait so long for a board that somebody else has', wholeNumber(0, 86_400), use === 'one' ? 0 : 60)
    .addOption(new Option('--summary <format>', 'form of the summary; github: added to $GITHUB_STEP_SUMMARY').choices(['github', 'gitlab', 'text']).default('text'))
    .option('--report <dir>', 'folder for reports', 'reports')
    .option('--json', `print one JSON document${use === 'one' ? '' : '; each event goes to stderr as a line of JSON'}`);
}

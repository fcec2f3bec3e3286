import { Option } from 'commander';

/** `--no-translate`: `options.translate` is false. */
export const noTranslateOption = (where = ''): Option => new Option('--no-translate', `${where}interpret every instruction instead of translating hot code (slower, otherwise the same)`);

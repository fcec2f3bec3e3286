// Where a defect is to be seen: what it does not name is the default of `rot-hil run`.
import { chooseConfiguration, loadKit } from '../../dist/harness/board/index.js';

export const kitOf = ({ kit = 'stm32h7s78-dk' } = {}) => loadKit(kit);
export const configurationOf = (on) => chooseConfiguration(kitOf(on), on ?? {});

/** @returns the options of `rot-hil run` */
export function optionsOf({ kit, bootPath, mode, exec, mce } = {}) {
  const given = { '--board': kit, '--boot-path': bootPath, '--mode': mode, '--exec': exec, '--mce': mce };
  return Object.entries(given).flatMap(([option, value]) => (value === undefined ? [] : [option, value]));
}

/** In one word, the same for what is the same. */
export function nameOf(on) {
  const { bootPath, mode, exec } = configurationOf(on);
  return [kitOf(on).id, bootPath, mode, exec, ...(on?.mce === 'off' ? ['mce-off'] : [])].join('/');
}

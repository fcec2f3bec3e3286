import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Submodules of STM32CubeH7RS, and what they are called as repositories of their own: a clone without them may have them beside it. */
const submodules = [
  { folder: 'Drivers/STM32H7RSxx_HAL_Driver', repository: 'stm32h7rsxx_hal_driver', include: 'Inc' },
  { folder: 'Drivers/CMSIS/Device/ST/STM32H7RSxx', repository: 'cmsis_device_h7rs', include: 'Include' },
];

/** The folders of headers that OEMiROT_Boot's preprocessing needs beside its own. @param cube folder of the package */
export function cubeHeaders(cube: string): string[] {
  const found = submodules.map(({ folder, repository, include }) => {
    const places = [join(cube, folder, include), join(cube, '..', repository, include)];
    const place = places.find((path) => existsSync(path));
    if (place === undefined) throw new Error(`neither ${places.join(' nor ')} exists: git -C ${cube} submodule update --init ${folder}`);
    return place;
  });
  return [...found, join(cube, 'Drivers/CMSIS/Core/Include')];
}

import { describe, expect, it } from '@jest/globals';
import { isProjectName, readProject } from './projects.js';

const found = (name: string, text: string): readonly unknown[] => readProject(name, text).map(({ tool, name: configuration, script, made, line }) => [tool, configuration, script, made === true, line]);
const cubeIde = (name: string, script: string, before = ''): string => `<configuration id="a" name="${name}" parent="b" prebuildStep="${before}">\n<option superClass="com.st.tool.c.linker.option.script" value="${script}" valueType="string"/>\n</configuration>\n`;
const ewarm = (name: string, script: string, before = ''): string => `<configuration>\n<name>${name}</name>\n<prebuild>${before}</prebuild>\n<option>\n<name>IlinkIcfFile</name>\n<state>${script}</state>\n</option>\n</configuration>\n`;
const keil = (name: string, script: string, own = 0): string => `<Target>\n<TargetName>${name}</TargetName>\n<umfTarg>${own}</umfTarg>\n<ScatterFile>${script}</ScatterFile>\n</Target>\n`;

describe('the configurations of a project', () => {
  it.each([
    ['.cproject', cubeIde('Debug', '${workspace_loc:/${ProjName}/app.ld}') + cubeIde('Release', '../app.ld'), [['STM32CubeIDE', 'Debug', 'app.ld', false, 2], ['STM32CubeIDE', 'Release', '../app.ld', false, 5]]],
    ['.cproject', cubeIde('Debug', './output.ld', 'gcc -E -o./output.ld ../app.ld'), [['STM32CubeIDE', 'Debug', 'output.ld', true, 2]]],
    ['Project.ewp', ewarm('Debug', '$PROJ_DIR$\\stm32.icf'), [['EWARM', 'Debug', 'stm32.icf', false, 5]]],
    ['Project.ewp', ewarm('Debug', '$PROJ_DIR$\\flash.icf.i', '"$PROJ_DIR$\\prebuild.cmd"'), [['EWARM', 'Debug', 'flash.icf.i', true, 5]]],
    ['Project.uvprojx', keil('app', '.\\app.sct') + keil('other', 'sub\\b.sct'), [['MDK-ARM', 'app', 'app.sct', false, 4], ['MDK-ARM', 'other', 'sub/b.sct', false, 9]]],
    ['Project.uvprojx', keil('app', '.\\app\\app.sct', 1), [['MDK-ARM', 'app', '', false, 1]]],
    ['CMakeLists.txt', 'set(A "${CMAKE_SOURCE_DIR}/app.ld")\ntarget_link_options(app PRIVATE -T${CMAKE_SOURCE_DIR}/app.ld -Wl,-Tother.ld)\n', [['CMake', '', 'app.ld', false, 1], ['CMake', '', 'other.ld', false, 2]]],
  ])('%s → tool, configuration, script, whether a step before makes it, line', (name, text, wanted) => {
    expect(isProjectName(name)).toBe(true);
    expect(found(name, text)).toEqual(wanted);
  });

  it('a text that is none → none; another name → no project', () => {
    expect([...found('.cproject', 'x'), ...found('a.ewp', '<configuration>'), ...found('CMakeLists.txt', '')]).toEqual([['EWARM', '', '', false, 1]]);
    expect(['app.ld', 'project.txt', '.project'].map(isProjectName)).toEqual([false, false, false]);
  });
});

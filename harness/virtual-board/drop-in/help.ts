import type { PrintLine } from './output.js';

/** The commands of the tool that this drop-in performs. */
const lines = [
  'Usage :',
  'STM32_Programmer_CLI.exe [command_1] [Arguments_1][[command_2] [Arguments_2]...]',
  '',
  'Commands of this drop-in for virtual boards:',
  '  -c,  --connect     port=SWD [sn=<serial number>] [mode=normal|UR|Hotplug|POWERDOWN] [speed=…] [ap=…] [freq=…]',
  '                     port=<COM> [br=<baud rate>] : the boot loader, product state PROVISIONING',
  '                     port=SWD debugauth=2 : discovery ; debugauth=1 [per=<permission>] key=<pem> cert=<b64> | pwd=<bin>',
  '  -l,  --list        [st-link] : attached probes',
  '  -ob, --optionbytes displ | <name>=<value> …',
  '  -e,  --erase       all | <sector> … | [<first> <last>] : external sectors with -el',
  '  -d,  --download    <file.bin|.hex> [address] ; -v, --verify',
  '  -r,  --read        <address> <size> <file> ; -r8 -r16 -r32 <address> [size]',
  '  -w8 -w16 -w32      <address> <value> …',
  '  -el, --extload     <loader.stldr> ; -elbl for the boot loader',
  '  -sdp               <file.obk>',
  '  -obrss             <address> <mask> <value> <position> : option register through RSS',
  '  -psrss             0x17 PROVISIONING | 0x2E PROVISIONED | 0x72 CLOSED | 0x5C LOCKED : product state through RSS',
  '  -rst, -hardRst     software, hardware reset',
  '  -g,  --start       [address]',
  '  -vb <1|2|3>, --version, -h, --help',
];

export function printHelp(print: PrintLine): void {
  for (const line of lines) print(line);
}

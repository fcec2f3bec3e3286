import type { ConnectMode } from '../protocol.js';
import type { Call, Command } from './command-line.js';
import type { Context } from './context.js';
import { download } from './download.js';
import { erase } from './erase.js';
import { printHelp } from './help.js';
import { listProbes } from './list.js';
import { readMemory, uploadMemory, writeMemory } from './memory.js';
import { displayOptionBytes, writeOptionBytes } from './option-bytes.js';
import type { PrintLine } from './output.js';
import { toolVersion } from './output.js';
import { provision } from './provision.js';
import { Session } from './session.js';
import { ToolError } from './tool-error.js';

const modes: Readonly<Record<string, ConnectMode>> = { normal: 'normal', hotplug: 'hot-plug', ur: 'under-reset', powerdown: 'power-down' };
const modeNames: Readonly<Record<ConnectMode, string>> = { normal: 'Normal', 'hot-plug': 'Hot Plug', 'under-reset': 'Under Reset', 'power-down': 'Power Down' };

/** Performs the commands of one call in order. @throws ToolError at the first that fails */
export async function perform(call: Call, print: PrintLine): Promise<void> {
  let context: Context | undefined;
  if (call.commands.length === 0) printHelp(print);
  try {
    for (const command of call.commands) {
      switch (command.kind) {
        case 'help':
          printHelp(print);
          break;
        case 'version':
          print(`STM32CubeProgrammer version: ${toolVersion.slice(1)}`);
          break;
        case 'list':
          await listProbes(command.what, print);
          break;
        case 'connect':
          context?.session.close();
          context = { session: await connect(command.parameters, print), print, loader: call.externalLoader?.split(/[\\/]/).at(-1) };
          break;
        default:
          if (context === undefined) throw new ToolError('Not connected to a device: -c is missing');
          await performOnDevice(command, context);
      }
    }
  } finally {
    context?.session.close();
  }
}

type DeviceCommand = Exclude<Command, { kind: 'help' | 'version' | 'list' | 'connect' }>;

async function performOnDevice(command: DeviceCommand, context: Context): Promise<void> {
  const { session, print } = context;
  switch (command.kind) {
    case 'option-bytes-display':
      return displayOptionBytes(context);
    case 'option-bytes-write':
      return writeOptionBytes(command.values, context);
    case 'erase':
      return erase(command.sectors, context);
    case 'download':
      return download(command, context);
    case 'upload':
      return uploadMemory(command, context);
    case 'read':
      return readMemory(command, context);
    case 'write':
      return writeMemory(command, context);
    case 'provision':
      return provision(command.file, context);
    case 'reset':
      print(command.how === 'hardware' ? 'Hard reset is performed' : 'MCU Reset');
      await session.request('reset', { kind: command.how });
      if (command.how === 'software') print('\nSoftware reset is performed');
      print();
      return;
    case 'start':
      print('RUNNING Program ... ');
      if (command.address !== undefined) print(`  Address:      : 0x${command.address.toString(16)}`);
      await session.request('start', command.address === undefined ? {} : { address: command.address });
      print('Application is running, Please Hold on...');
      print('Start operation achieved successfully');
      print();
  }
}

async function connect(parameters: ReadonlyMap<string, string>, print: PrintLine): Promise<Session> {
  const port = parameters.get('port');
  if (port === undefined) throw new ToolError('Wrong connect parameter: port is missing');
  if (!/^(swd|jtag)$/i.test(port)) throw new ToolError(`Activating device: KO. No boot loader answers on port ${port.slice(0, 80)}`);
  const name = (parameters.get('mode') ?? 'normal').toLowerCase();
  const mode = Object.hasOwn(modes, name) ? modes[name] : undefined;
  if (mode === undefined) throw new ToolError(`Wrong connect mode: ${name.slice(0, 80)}`);
  const session = await Session.open(parameters.get('sn'), mode);
  const { board } = session;
  const row = (label: string, value: string): void => {
    print(`${label.padEnd(12)}: ${value}`);
  };
  row('ST-LINK SN', board.probeSn);
  row('ST-LINK FW', 'V3J15M6');
  row('Board', board.boardName);
  row('Voltage', '3.28V');
  row(`${port.toUpperCase()} freq`, '8000 KHz');
  row('Connect mode', modeNames[mode]);
  row('Reset mode', mode === 'under-reset' ? 'Hardware reset' : 'Software reset');
  row('Device ID', `0x${board.device.id.toString(16)}`);
  row('Revision ID', 'Rev Y');
  row('Device name', board.device.name);
  row('Flash size', `${String(board.device.flashKilobytes)} KBytes`);
  row('Device type', 'MCU');
  row('Device CPU', board.device.cpu);
  row('BL Version', '0xE3');
  print('Debug in Low Power mode enabled');
  print();
  return session;
}

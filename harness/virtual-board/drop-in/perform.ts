import process from 'node:process';
import { commandName } from './command-line.js';
import type { Call, Command } from './command-line.js';
import { connect } from './connect.js';
import type { Context } from './context.js';
import { download } from './download.js';
import { erase } from './erase.js';
import { performStruck } from './faults.js';
import { printHelp } from './help.js';
import { listProbes } from './list.js';
import { readMemory, uploadMemory, writeMemory } from './memory.js';
import { displayOptionBytes, writeOptionBytes } from './option-bytes.js';
import type { PrintLine } from './output.js';
import { toolVersion } from './output.js';
import { provision } from './provision.js';
import { setProductState, writeOptionRegister } from './secure.js';
import { Session } from './session.js';
import type { OpenSession } from './session.js';
import { ToolError } from './tool-error.js';

/** Where a call is performed: in a process of its own, or in the board's (tool-server.ts). */
export interface Place {
  readonly folder: string;
  readonly open: OpenSession;
}
const here = (): Place => ({ folder: process.cwd(), open: (way) => Session.open(way) });

/** Performs the commands of one call in order. @throws ToolError at the first that fails */
export async function perform(call: Call, print: PrintLine, { folder, open } = here()): Promise<void> {
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
          context = { session: await connect(command.parameters, print, open), print, folder, loader: loaderOf(call, command.parameters) };
          break;
        default:
          if (context === undefined) throw new ToolError('Not connected to a device: -c is missing');
          await performStruck(await context.session.begin(commandName(command)), commandName(command), print, (out) => performOnDevice(command, { ...context!, print: out }));
      }
    }
  } finally {
    context?.session.close();
  }
}

/** File name of the loader, by which the board knows it; `-elbl` is for the boot loader only. */
function loaderOf({ externalLoader, bootLoaderLoader }: Call, parameters: ReadonlyMap<string, string>): string | undefined {
  const overDebugPort = /^(swd|jtag)$/i.test(parameters.get('port') ?? '');
  const [given, other] = overDebugPort ? [externalLoader, bootLoaderLoader] : [bootLoaderLoader, externalLoader];
  if (given === undefined && other !== undefined) throw new ToolError(`failed to load the external loader: ${other.slice(0, 200)}`);
  return given?.split(/[\\/]/).at(-1);
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
    case 'option-register':
      return writeOptionRegister(command, context);
    case 'product-state':
      return setProductState(command.code, context);
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

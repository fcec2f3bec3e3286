import type { ConnectMode } from '../protocol.js';
import { authenticate, discover } from './debug-authentication.js';
import { performStruck } from './faults.js';
import type { PrintLine } from './output.js';
import type { OpenSession, Session } from './session.js';
import { ToolError } from './tool-error.js';

const modes: Readonly<Record<string, ConnectMode>> = { normal: 'normal', hotplug: 'hot-plug', ur: 'under-reset', powerdown: 'power-down' };
const modeNames: Readonly<Record<ConnectMode, string>> = { normal: 'Normal', 'hot-plug': 'Hot Plug', 'under-reset': 'Under Reset', 'power-down': 'Power Down' };

/** `-c port=…`: over the debug port, through the boot loader on a serial port, or for debug authentication. @throws ToolError */
export async function connect(parameters: ReadonlyMap<string, string>, print: PrintLine, open: OpenSession): Promise<Session> {
  const port = parameters.get('port');
  if (port === undefined || port === '') throw new ToolError('Wrong connect parameter: port is missing');
  if (!/^(swd|jtag)$/i.test(port)) return connectBootLoader(port, parameters, print, open);
  const debugauth = parameters.get('debugauth');
  if (debugauth !== undefined) return connectForAuthentication(debugauth, parameters, print, open);
  return connectDebugPort(port, parameters, print, open);
}

function row(print: PrintLine, label: string, value: string): void {
  print(`${label.padEnd(12)}: ${value}`);
}

async function connectDebugPort(port: string, parameters: ReadonlyMap<string, string>, print: PrintLine, open: OpenSession): Promise<Session> {
  const name = (parameters.get('mode') ?? 'normal').toLowerCase();
  const mode = Object.hasOwn(modes, name) ? modes[name] : undefined;
  if (mode === undefined) throw new ToolError(`Wrong connect mode: ${name.slice(0, 80)}`);
  return attached(open({ sn: parameters.get('sn') }), '-c', print, (session, out) => attachDebugPort(session, port, mode, out));
}

/** Opens what the tool goes through and attaches; whatever fails, the way is free again. */
async function attached(opening: Promise<Session>, command: string, print: PrintLine, attach: (session: Session, print: PrintLine) => Promise<void>): Promise<Session> {
  const session = await opening;
  try {
    await performStruck(await session.begin(command), command, print, (out) => attach(session, out));
    return session;
  } catch (error) {
    session.close();
    throw error;
  }
}

async function attachDebugPort(session: Session, port: string, mode: ConnectMode, print: PrintLine): Promise<void> {
  const { board } = session;
  row(print, 'ST-LINK SN', board.probeSn);
  row(print, 'ST-LINK FW', 'V3J15M6');
  row(print, 'Board', board.boardName);
  row(print, 'Voltage', '3.28V');
  // What follows the probe's rows is read from the target.
  await session.request('connect', { mode, port: 'debug' }, (refusal) =>
    refusal.code === 'debug-closed'
      ? new ToolError('Unable to get core ID', 'No STM32 target found! If your product embeds Debug Authentication, please perform a discovery using Debug Authentication')
      : session.inUse(refusal),
  );
  row(print, `${port.toUpperCase()} freq`, '8000 KHz');
  row(print, 'Connect mode', modeNames[mode]);
  row(print, 'Reset mode', mode === 'under-reset' ? 'Hardware reset' : 'Software reset');
  deviceRows(session, print);
  row(print, 'BL Version', '0xE3');
  print('Debug in Low Power mode enabled');
  print();
}

function deviceRows({ board }: Session, print: PrintLine): void {
  row(print, 'Device ID', `0x${board.device.id.toString(16)}`);
  row(print, 'Revision ID', 'Rev Y');
  row(print, 'Device name', board.device.name);
  row(print, 'Flash size', `${String(board.device.flashKilobytes)} KBytes`);
  row(print, 'Device type', 'MCU');
  row(print, 'Device CPU', board.device.cpu);
}

/** Lines of a UART connection: public logs of STM32CubeProgrammer 2.3 to 2.19 with other families. */
async function connectBootLoader(port: string, parameters: ReadonlyMap<string, string>, print: PrintLine, open: OpenSession): Promise<Session> {
  const baudRate = parameters.get('br') ?? '115200';
  if (!/^[1-9]\d{2,6}$/.test(baudRate)) throw new ToolError(`Wrong connect parameter: br=${baudRate.slice(0, 80)}`);
  return attached(open({ sn: undefined, comPort: port }), '-c', print, (session, out) => attachBootLoader(session, port, baudRate, out));
}

async function attachBootLoader(session: Session, port: string, baudRate: string, print: PrintLine): Promise<void> {
  print(`Serial Port ${port} is successfully opened.`);
  print(`Port configuration: parity = even, baudrate = ${baudRate}, data-bit = 8,`);
  print('                     stop-bit = 1.0, flow-control = off');
  await session.request('connect', { mode: 'hot-plug', port: 'boot-loader' }, (refusal) => {
    if (refusal.code !== 'boot-loader-silent') return session.inUse(refusal);
    print('Timeout error occured while waiting for acknowledgement.');
    print('Timeout error occured while waiting for acknowledgement.');
    return new ToolError('Activating device: KO. Please, verify the boot mode configuration and check the serial port configuration. Reset your device then try again...');
  });
  print('Activating device: OK');
  row(print, 'Board', '--');
  row(print, 'Chip ID', `0x${session.board.device.id.toString(16)}`);
  print('BootLoader protocol version: 3.1');
  deviceRows(session, print);
  print();
}

async function connectForAuthentication(debugauth: string, parameters: ReadonlyMap<string, string>, print: PrintLine, open: OpenSession): Promise<Session> {
  if (debugauth !== '1' && debugauth !== '2') throw new ToolError(`Wrong connect parameter: debugauth=${debugauth.slice(0, 80)}`);
  return attached(open({ sn: parameters.get('sn') }), `debugauth=${debugauth}`, print, async (session, out) => {
    row(out, 'ST-LINK SN', session.board.probeSn);
    row(out, 'ST-LINK FW', 'V3J15M6');
    row(out, 'Board', session.board.boardName);
    row(out, 'Voltage', '3.28V');
    out('Start Debug Authentication Sequence');
    out();
    await session.request('connect', { mode: 'under-reset', port: 'authentication' }, (refusal) => session.inUse(refusal));
    if (debugauth === '2') await discover(session, out);
    else await authenticate(session, parameters, out);
  });
}

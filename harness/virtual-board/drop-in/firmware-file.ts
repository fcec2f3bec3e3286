import { readIntelHex } from '../../image/intel-hex.js';
import { ToolError } from './tool-error.js';

/** A run of bytes of the file and where it goes. */
export interface Segment {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/**
 * The segments of a `.bin` file at an address, or of an Intel HEX file, moved to the address where one is given.
 * @throws ToolError
 */
export function readFirmwareFile(name: string, contents: Buffer, address: number | undefined): readonly Segment[] {
  const kind = name.toLowerCase().split('.').at(-1);
  if (kind === 'bin') {
    if (address === undefined) throw new ToolError('Wrong download command usage: a binary file needs an address');
    if (contents.length === 0) throw new ToolError(`The file is empty: ${name}`);
    if (address + contents.length > 2 ** 32) throw new ToolError(`The file does not fit at this address: ${name}`);
    return [{ address, bytes: contents }];
  }
  if (kind === 'hex') {
    try {
      const { base, bytes } = readIntelHex(contents.toString('latin1'));
      return [{ address: address ?? base, bytes }];
    } catch (error) {
      throw new ToolError(`The file is no Intel HEX file: ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new ToolError(`Unsupported file format: ${name}`);
}

import { readFileSync, statSync } from 'node:fs';
import { fullBar } from './output.js';
import type { Context } from './context.js';
import { pathOf } from './context.js';
import { ToolError } from './tool-error.js';

/** No OBKey file comes near this. */
const maximumFileBytes = 64 * 1024;

/** `-sdp <file.obk>` */
export async function provision(file: string, context: Context): Promise<void> {
  const { session, print } = context;
  print(`Secure Data Provisioning Start. OBK Input file : ${file}`);
  print();
  const data = read(file, pathOf(context, file));
  await session.request('provision', { data: data.toString('base64') }, (refusal) =>
    refusal.code === 'obk-size' ? new ToolError('RSSLIB_SETOBKEY_BAD_SIZE', 'OBKey Provisioning failed') : new ToolError(refusal.message, 'OBKey Provisioning failed'),
  );
  print(fullBar);
  print();
  print('OBKey Provisioned successfully');
  print();
}

function read(file: string, path: string): Buffer {
  try {
    if (statSync(path).size > maximumFileBytes) throw new ToolError(`Wrong OBK file: ${file} is too long`);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError(`File does not exist: ${file}`);
  }
}

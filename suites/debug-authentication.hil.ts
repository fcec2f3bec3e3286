import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { board, image, running, skip } from 'rot-hil';

// What a closed board lets itself be asked, and by whom it lets itself be opened: discovery and full regression (ST's SDM library; STM32CubeH7RS ROT_Provisioning/DA).
// Every refusal is the device's own: nothing is judged before. Each has its twin, the credential that the board was closed for.
const INTEGRITY = 0xeaeaeaea;
const version = (): string => board.applications.application.version;

/** See product-state. */
function onlyOnce(): void {
  const { bootPath, exec, mode } = board.configuration;
  if (bootPath === 'stirot-oemurot') skip('the first stage, which the product state is that of, is STiRoT: tested on boot path stirot');
  const [first] = board.kit.bootPaths[bootPath]?.layouts ?? [];
  if (first !== undefined && (exec !== first.exec || mode !== first.modes[0])) skip(`debug authentication does not depend on update and execution mode: tested in ${first.modes[0]}, ${first.exec}`);
}

beforeAll(async () => {
  onlyOnce();
  if (board.whyNotClosed !== undefined) skip(board.whyNotClosed);
  await running({ changes: true });
});

let closed = false;

/** Whatever came between: on a boot path of product state OPEN the board is left open, with its application. */
afterAll(async () => {
  if (closed && board.productState === 'OPEN') await running();
});

describe.each([
  ['a certificate chain', 'certificate'],
  ['a password', 'password'],
] as const)('closed for %s', (_what, method) => {
  const needs = (): void => {
    if (board.credentialMethod !== undefined && board.credentialMethod !== method) skip(`the owner of this board closes it with a ${board.credentialMethod}`);
  };

  it('discovery → CLOSED, a sound credential, full regression on offer; the application starts', async () => {
    needs();
    closed = true;
    await board.provisionClosed({ image: image(), method });
    expect(await board.discover()).toMatchObject({ lifeCycle: 'CLOSED', integrity: INTEGRITY, permissions: expect.arrayContaining([expect.stringMatching(/full regression/i)]) });
    expect((await board.boot()).banner).toMatchObject({ version: version() });
  });

  it("a full regression with a stranger's credentials → refused by the device, which is still closed and starts", async () => {
    needs();
    expect(await board.regressAsStranger()).toMatchObject({ code: 'authentication-refused' });
    expect(await board.status()).toMatchObject({ productState: 'CLOSED', recoverable: true });
    expect((await board.boot()).banner).toMatchObject({ version: version() });
  });

  it("with the board's own certificate chain, which is no secret, and a stranger's key → refused by the device, which is still closed", async () => {
    needs();
    if (method !== 'certificate') skip('a password has no chain');
    expect(await board.regressAsStranger({ chain: 'own' })).toMatchObject({ code: 'authentication-refused' });
    expect(await board.status()).toMatchObject({ productState: 'CLOSED', recoverable: true });
  });

  it('its twin with its own → OPEN', async () => {
    needs();
    expect(await board.regress()).toBe('CLOSED');
    expect(await board.status()).toMatchObject({ productState: 'OPEN' });
  });
});

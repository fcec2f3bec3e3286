import { beforeAll, describe, expect, it } from '@jest/globals';
import { board, image, running, skip } from 'rot-hil';

// OPEN to CLOSED and back, with the brick guard and the journal in between; what each state gives and what it forbids (STM32CubeH7RS ROT_Provisioning: provisioning.sh,
// DA/regression.sh). LOCKED has no way back and is no state for a suite. Boards that nobody permits to close are left alone.
const INTEGRITY = '0xeaeaeaea';
/** What a discovery says of a chip without a valid credential. */
const NO_CREDENTIAL = 0xf5f5f5f5;
/** Longer than any start takes. */
const QUIET_MS = 1500;
const version = (): string => board.applications.application.version;

/** The first configuration of the kit on this boot path: a product state has nothing to do with where the application runs and how it is updated. */
function onlyOnce(): void {
  const { bootPath, exec, mode } = board.configuration;
  if (bootPath === 'stirot-oemurot') skip('the first stage, which the product state is that of, is STiRoT: tested on boot path stirot');
  const [first] = board.kit.bootPaths[bootPath]?.layouts ?? [];
  if (first !== undefined && (exec !== first.exec || mode !== first.modes[0])) skip(`product states do not depend on update and execution mode: tested in ${first.modes[0]}, ${first.exec}`);
}

beforeAll(async () => {
  onlyOnce();
  if (board.whyNotClosed !== undefined) skip(board.whyNotClosed);
  await running({ changes: true });
});

describe('OPEN', () => {
  it('status asked → OPEN, recoverable, and which version stands in the run slot', async () => {
    if (board.productState !== 'OPEN') skip('on this boot path nothing starts in OPEN');
    const status = await board.status();
    expect(status).toMatchObject({ productState: 'OPEN', integrity: null, recoverable: true, journal: { certain: true } });
    // Executed in place, the image lies behind the memory cipher engine, and its version is not to be seen.
    if (board.configuration.layout.run !== undefined) expect(status.boots).toBe(version());
  });

  it('an image signed by a stranger, to be closed with → the brick guard refuses it before the first call: the board is what it was, and starts', async () => {
    const { productState } = await board.status();
    await expect(board.provisionClosed({ image: image({ signedBy: 'stranger' }) })).rejects.toMatchObject({ kind: 'guard', code: 'brick-guard', fields: { rules: ['images'] } });
    expect(await board.status()).toMatchObject({ productState });
    expect((await board.boot()).banner).toMatchObject({ version: version() });
  });
});

describe('CLOSED', () => {
  let closed = false;
  /** A board that was refused on the way stands in PROVISIONING, where nothing starts. */
  const needsClosed = (): void => {
    if (!closed) skip('the board could not be closed');
  };

  it('its twin with the keys of the board → closed; the integrity of a sound credential, a way back, the journal certain', async () => {
    await board.provisionClosed({ image: image() });
    closed = true;
    expect(await board.status()).toMatchObject({ productState: 'CLOSED', integrity: INTEGRITY, recoverable: true, boots: null, journal: { certain: true } });
  });

  it('reset → the application starts and answers', async () => {
    needsClosed();
    expect((await board.boot()).banner).toMatchObject({ version: version() });
    expect(await board.app.identify()).toMatchObject({ version: version() });
  });

  it('debug port: connecting, reading memory, option bytes, an installation → refused each; the board starts as before', async () => {
    needsClosed();
    const { programmer } = board;
    const refused = { kind: 'bench', code: 'target-unreachable' };
    await expect(programmer.connect('Hotplug')).rejects.toMatchObject(refused);
    await expect(programmer.read(board.configuration.layout.runAddress, 16)).rejects.toMatchObject(refused);
    await expect(programmer.writeOptionBytes({ WRPS7: 1 })).rejects.toMatchObject(refused);
    await expect(board.install(image())).rejects.toMatchObject({ code: 'debug-port-shut' });
    expect((await board.boot()).banner).toMatchObject({ version: version() });
  });
});

describe('back to OPEN', () => {
  /** Option bytes as the regression left them. */
  let fresh: ReadonlyMap<string, number> | undefined;

  it('full regression → OPEN; the debug port serves again', async () => {
    expect(await board.regress()).toBe('CLOSED');
    expect(await board.status()).toMatchObject({ productState: 'OPEN', recoverable: true });
    expect((await board.programmer.connect('Hotplug')).deviceId).toBe(board.kit.device.deviceId);
  });

  // unverified: that a full regression takes the write protection away, and that a discovery in OPEN tells of the credential.
  it('what it left → no credential, no write protection, nothing that starts', async () => {
    const { lifeCycle, integrity, permissions } = await board.discover();
    expect({ lifeCycle, integrity, permissions }).toEqual({ lifeCycle: 'OPEN', integrity: NO_CREDENTIAL, permissions: [] });
    fresh = await board.programmer.readOptionBytes();
    expect([...fresh].filter(([name, value]) => name.startsWith('WRPS') && value !== 1)).toEqual([]);
    const from = await board.reset();
    expect((await board.listen(QUIET_MS, from)).map(({ text }) => text)).toEqual([]);
  });

  it('provisioned anew → the board starts', async () => {
    await board.provision({ image: image() });
    expect((await board.boot()).banner).toMatchObject({ version: version() });
  });

  it('its option bytes → only those that the boot path demands are others than after the regression', async () => {
    if (board.productState !== 'OPEN') skip('the debug port is shut in product state CLOSED');
    if (fresh === undefined) skip('the board could not be brought back to OPEN');
    const { optionBytes } = board.configuration.path;
    const others = [...fresh].filter(([name]) => !(name in optionBytes));
    expect(others.length).toBeGreaterThan(8);
    const found = await board.programmer.readOptionBytes();
    expect(others.map(([name]) => [name, found.get(name)])).toEqual(others);
  });
});

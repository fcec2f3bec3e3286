// The import rules of the house as data: a room may import only the rooms named for it (type-only imports count).
const above = (...rooms) => rooms;
const rooms = {
  units: above(),
  errors: above('units'),
  board: above('units', 'errors'),
  image: above('units', 'errors'),
  keys: above('units', 'errors', 'image'),
  elf: above('units', 'errors'),
  flash: above('units', 'errors'),
  rot: above('units', 'errors', 'board', 'image', 'keys', 'flash'),
  emulator: above('units', 'errors', 'board', 'flash'),
  'virtual-board': above('units', 'errors', 'board', 'image', 'keys', 'elf', 'flash', 'rot', 'emulator'),
  programmer: above('units', 'errors', 'board'),
  console: above('units', 'errors', 'board'),
  provisioning: above('units', 'errors', 'board', 'image', 'keys', 'programmer', 'console'),
  'app-check': above('units', 'errors', 'board', 'elf', 'image'),
  lab: above('units', 'errors', 'board', 'programmer'),
  session: above('units', 'errors', 'board', 'image', 'keys', 'elf', 'flash', 'rot', 'programmer', 'console', 'provisioning', 'lab', 'emulator/disassembly'),
  record: above('units'),
  report: above('units', 'errors', 'record'),
  jest: above('session', 'image', 'record', 'errors', 'units'),
};
rooms.cli = Object.keys(rooms).filter((room) => room !== 'jest');

const roomRules = Object.entries(rooms).map(([room, allowed]) => ({
  name: `room-${room}`,
  severity: 'error',
  comment: `${room}/ may import only ${allowed.join(', ') || 'nothing'}`,
  from: { path: `^harness/${room}/` },
  to: { path: '^(harness|suites)/', pathNot: `^harness/(${[room, ...allowed].join('|')})/` },
}));

/** Who may start processes or open ports. */
const doors = '^harness/(programmer|console|virtual-board|lab)/';

module.exports = {
  forbidden: [
    ...roomRules,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, pathNot: ['\\.d\\.ts$', '^suites/', '\\.spec\\.ts$', '/testing/'] }, to: {} },
    { name: 'no-junk-rooms', severity: 'error', from: {}, to: { path: '(^|/)(utils|helpers|common|misc)/', pathNot: 'node_modules' } },
    { name: 'known-rooms-only', severity: 'error', from: {}, to: { path: '^harness/[^/]+/', pathNot: `^harness/(${Object.keys(rooms).join('|')})/` } },
    { name: 'no-unknown-room', severity: 'error', from: { path: '^harness/[^/]+/', pathNot: `^harness/(${Object.keys(rooms).join('|')})/` }, to: {} },
    { name: 'only-doors-start-processes', severity: 'error', from: { path: '^harness/', pathNot: [doors, '\\.spec\\.ts$', '/testing/'] }, to: { path: '^(node:)?(child_process|cluster|net|worker_threads|dgram)$|node_modules/(execa|serialport|@lydell/node-pty)/' } },
    // A call that changes the product state is refused without a permit; whoever can make one has asked the brick guard.
    { name: 'only-guarded-plans-change-the-product-state', severity: 'error', from: { path: '^(harness|suites)/', pathNot: ['^harness/programmer/programmer\\.ts$', '^harness/provisioning/execute-plan\\.ts$', '\\.spec\\.ts$'] }, to: { path: '^harness/programmer/state-change\\.ts$' } },
    { name: 'only-the-guard-executes-guarded-plans', severity: 'error', from: { path: '^(harness|suites)/', pathNot: ['^harness/provisioning/(provision-board|index)\\.ts$', '\\.spec\\.ts$'] }, to: { path: '^harness/provisioning/execute-plan\\.ts$' } },
    { name: 'suites-use-the-public-entry', severity: 'error', from: { path: '^suites/' }, to: { path: '^harness/', pathNot: '^harness/index\\.ts$' } },
    { name: 'not-resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'no-dev-dependencies-at-run-time', severity: 'error', from: { path: '^harness/', pathNot: ['\\.spec\\.ts$', '/testing/'] }, to: { dependencyTypes: ['npm-dev'] } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};

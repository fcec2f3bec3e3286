// Defects of the virtual board's life cycle: product states, debug authentication, the ROM's services, OBKeys, option bytes and internal flash.
const board = (file) => `harness/virtual-board/${file}`;
const stirot = { bootPath: 'stirot' };
const oemurot = { bootPath: 'stirot-oemurot' };

export const lifeCycle = [
  // OBKeys, images and flash in product state OPEN.
  { name: 'size of an OBKey file not looked at first', file: board('rom-services.ts'), find: 'bytes.readUInt32LE(4) !== bytes.length - obkHeaderBytes', replace: 'bytes.readUInt32LE(4) < 0', suite: 'provisioning', test: /cut short/, reason: /obk-bad-size/ },
  { name: 'OBKeys decoded once and for all', file: 'harness/rot/oemirot.ts', find: 'if (last !== undefined && equalBytes(last.configuration, configuration)) return last.keys;', replace: 'if (last !== undefined) return last.keys;', suite: 'provisioning', test: /somebody else's keys/, reason: /unexpected-application|an application started where none was expected/ },
  { name: 'write protection of the internal flash without effect', file: board('internal-flash.ts'), find: 'if (this.isProtected(sector)) throw', replace: 'if (this.isProtected(sector) && sector < 0) throw', suite: 'provisioning', test: /write protected/, reason: /resolved instead of rejected/ },
  { name: 'mass erase leaves the first sector', file: board('probe-memory.ts'), find: "sectors === 'all' ? Array.from({ length: internalFlash.sectorCount }, (_, sector) => sector)", replace: "sectors === 'all' ? Array.from({ length: internalFlash.sectorCount - 1 }, (_, sector) => sector + 1)", suite: 'provisioning', test: /erased → nothing starts/, reason: /\[ERR\]/ },

  // Product states.
  { name: 'debug port open in CLOSED', file: board('life-cycle.ts'), find: "return state === 'PROVISIONING' ? 'provisioning' : 'none';", replace: "return state === 'PROVISIONING' ? 'provisioning' : state === 'LOCKED' ? 'none' : 'all';", suite: 'product-state', test: /debug port/, reason: /resolved instead of rejected/, also: ['debug-authentication'] },
  { name: 'debug port open in CLOSED, STiRoT', on: stirot, file: board('life-cycle.ts'), find: "return state === 'PROVISIONING' ? 'provisioning' : 'none';", replace: "return state === 'PROVISIONING' ? 'provisioning' : state === 'LOCKED' ? 'none' : 'all';", suite: 'stirot', test: /debug port/, reason: /resolved instead of rejected/, also: ['product-state', 'debug-authentication'] },
  { name: 'a regression leaves the user flash', file: board('rom-services.ts'), find: '    this.memories.internalFlash.bytes.fill(0xff);\n', replace: '', suite: 'product-state', test: /what it left/, reason: /\[(INF|ERR)\]/ },
  { name: 'a regression leaves the user flash, STiRoT', on: stirot, file: board('rom-services.ts'), find: '    this.memories.internalFlash.bytes.fill(0xff);\n', replace: '', suite: 'stirot', test: /full regression/, reason: /\[(INF|ERR)\]/, also: ['product-state'] },

  { name: 'a regression leaves the OBKeys', file: board('rom-services.ts'), find: '    this.memories.obkeys.clear();\n    this.memories.lifeCycle.debugAuthentication = 0;\n', replace: '', suite: 'product-state', test: /what it left/, reason: /"integrity"/ },
  { name: 'a regression leaves a write protection', file: board('rom-services.ts'), find: '    this.memories.optionBytes.restore({});', replace: '    this.memories.optionBytes.restore({ WRPS7: this.memories.optionBytes.get(\'WRPS7\') });', suite: 'product-state', test: /what it left/, reason: /WRPS7/ },

  { name: 'an option byte beside those that are written', file: board('option-bytes.ts'), find: 'if (reaches(this.#fields.get(name)!)) this.#values.set(name, value);', replace: "if (reaches(this.#fields.get(name)!)) this.#values.set(name, value).set('BOR_LEVEL', name === 'ECC_ON_SRAM' ? 1 : this.get('BOR_LEVEL'));", suite: 'product-state', test: /its option bytes/, reason: /BOR_LEVEL|[+-] +[01],/ },

  // Debug authentication.
  { name: 'root key of a certificate chain not compared', file: 'harness/keys/opens-device.ts', find: "if (!equalBytes(rootKeyHash(root.publicKey, engine), device.rootKeyHash)) return refuse('wrong-root');", replace: '', suite: 'debug-authentication', test: /certificate chain.*stranger's credentials/, reason: /opened itself for a stranger/ },
  { name: 'password not compared', file: 'harness/keys/da-obk.ts', find: 'equalBytes(configuration.passwordHash, sha256(engine, password))', replace: 'configuration.passwordHash.length === sha256(engine, password).length', suite: 'debug-authentication', test: /password.*stranger's credentials/, reason: /opened itself for a stranger/ },
  { name: 'nobody has to prove that the leaf key is at hand', file: board('debug-authentication.ts'), find: 'signature.length === 64 && engine.verify(publicKey, signature, sha256(engine, challenge))', replace: 'signature.length === 64 && publicKey.length > 0', suite: 'debug-authentication', test: /certificate chain.*stranger's key/, reason: /opened itself for a stranger/ },
  { name: 'discovery tells no integrity', file: board('drop-in/debug-authentication.ts'), find: "sound: '0xeaeaeaea'", replace: "sound: '0xf5f5f5f5'", suite: 'debug-authentication', test: /discovery/, reason: /discovery-integrity/, also: ['product-state'] },
  { name: 'the power switch is heeded by nobody', file: board('chip.ts'), find: '    const cut = this.#powerCut;\n', replace: '    const cut: OperationObserver | undefined = undefined;\n', suite: 'power-cut', test: /cut at/, reason: /Expected: 2/ },
  { name: 'a confirmation in RAM outlives the power that fails in a boot', on: { mode: 'swap' }, file: board('chip.ts'), find: "    this.options.onBooted();\n    this.#boot('power-on');", replace: "    this.options.onBooted();\n    this.#boot('system');", suite: 'power-cut', test: /writes image_ok/, reason: /"(none|revert)"/ },

  // STiRoT.
  { name: 'STiRoT leaves internal RAM executable', on: stirot, file: 'harness/rot/mpu-table.ts', find: "{ number: 5, ...internalRam[release], access: 'privilegedRw', execute: false", replace: "{ number: 5, ...internalRam[release], access: 'privilegedRw', execute: true", suite: 'stirot', test: /MPU read|code in RAM/, reason: /"base": 536870912|IACCVIOL|no fault/, also: ['mpu'] },
  { name: 'STiRoT hands over at hide-protection level 2', on: stirot, file: 'harness/rot/boot-registers.ts', find: '[1, 2, 3].map((level)', replace: '[1, 2].map((level)', suite: 'stirot', test: /hide-protection/, reason: /Expected: 111/ },
  { name: 'OEMuROT starts under the name of OEMiROT', on: oemurot, file: 'harness/rot/rot-stage.ts', find: 'name: `OEMuROT ${text}`', replace: 'name: `OEMiROT ${text}`', suite: 'stirot', test: /OEMuROT logs/, reason: /OEMuROT/, also: ['boot'] },
];

import { goodIntegrity, permitsFullRegression, sameSerialNumber } from '../../programmer/index.js';
import { hex, hex32 } from '../../units/index.js';
import type { GuardRule } from './facts.js';
import { changesState, isFinal, later, notApplicable, proven, refused } from './facts.js';

/** Volts. The chip needs 1.71 V; ST's boards feed it with 1.8 V or 3.3 V. */
const supply = { lowest: 1.65, highest: 3.65, spread: 0.15 } as const;
const noChange = notApplicable('the product state stays OPEN');

export const boardRules: readonly GuardRule[] = [
  {
    id: 'permission',
    title: "the board's owner allows the product state",
    judge: ({ inputs, permissions, boardArguments }) => {
      if (inputs.state === 'OPEN') return noChange;
      if (inputs.state === 'LOCKED' ? permissions.locked : permissions.productStates.includes(inputs.state)) return proven(`${inputs.state} is permitted`);
      const permission = inputs.state === 'LOCKED' ? 'permissions: { locked: true }' : 'permissions: { productStates: [CLOSED] }';
      return refused(
        `nobody permits to bring this board to ${inputs.state}`,
        inputs.state === 'LOCKED' ? 'a board that its owner wants back would be locked for ever' : 'a board that its owner wants open would be closed',
        `ask its owner; then write "${permission}" into the entry of the board in the lab file`,
        `rot-hil provision ${boardArguments} --lab <lab file> --state ${inputs.state.toLowerCase()} …`,
      );
    },
  },
  {
    id: 'locked-is-for-ever',
    title: 'LOCKED was asked for with the serial number of this probe',
    judge: ({ inputs, lockedIsForEver, probeSn, boardArguments }) => {
      if (inputs.state !== 'LOCKED') return notApplicable('the board is not locked');
      if (lockedIsForEver !== undefined && sameSerialNumber(lockedIsForEver, probeSn)) return proven(`probe ${probeSn}`);
      return refused(
        lockedIsForEver === undefined ? `--locked-is-for-ever was not given; the board hangs on the probe ${probeSn}` : `--locked-is-for-ever names the probe ${lockedIsForEver.slice(0, 60)}, the board hangs on ${probeSn}`,
        'nothing ever opens a LOCKED board again: no key, no password, not ST',
        'read the number on the probe; if this very board is to be locked for ever, say so',
        `rot-hil provision ${boardArguments} --state locked --locked-is-for-ever ${probeSn} …`,
      );
    },
  },
  {
    id: 'tool',
    title: 'the version of STM32CubeProgrammer knows this chip',
    judge: ({ tool }) => (tool.problem === null ? proven(tool.version) : refused(tool.problem, 'a tool that does not know the chip may write nothing and say that it did', 'install a newer STM32CubeProgrammer, or name another one with --tool', 'rot-hil doctor')),
  },
  {
    id: 'device',
    title: 'probe and chip are those that the plan is for',
    judge: ({ evidence, inputs, probeSn, boardArguments, before, startState }) => {
      const { deviceId, name } = inputs.kit.device;
      const strangers = [...evidence.probeSns].filter((sn) => !sameSerialNumber(sn, probeSn));
      if (strangers.length > 0) return refused(`the tool answered through the probe ${strangers.join(', ')} instead of ${probeSn}`, 'another board than the one you mean would be written and closed', 'disconnect the other probes, or give the serial number of the right one (--probe-sn)', 'rot-hil boards');
      const others = [...evidence.deviceIds].filter((id) => id !== deviceId);
      if (others.length > 0) return refused(`the chip has the device id ${others.map((id) => hex(id)).join(', ')}, ${name} has ${hex(deviceId)}`, 'a chip of another family would be written with codes that mean something else there', 'choose the kit that the board is (--kit), or the board that the plan is for', 'rot-hil boards');
      // A closed board says nothing of itself: that it is closed is told by another rule.
      if (evidence.deviceIds.size === 0 && before === 'plan' && startState !== 'OPEN') return later(`the board is ${startState} and does not say`);
      if (evidence.deviceIds.size === 0) return refused('the chip has not said what it is', 'a chip that nobody has identified would be written and closed', 'check the supply of the board and the SWD connection', `rot-hil status ${boardArguments}`);
      return proven(`probe ${probeSn}, device id ${hex(deviceId)}`);
    },
  },
  {
    id: 'start-state',
    title: 'the board was in product state OPEN when this run began',
    judge: ({ startState, boardArguments }) =>
      startState === 'OPEN'
        ? proven('OPEN')
        : refused(
            startState === 'unknown' ? 'the board does not tell its product state' : `the board was in product state ${startState} when this run began`,
            'the plan, made for OPEN, would run into refusals half way and leave the board half provisioned',
            startState === 'LOCKED' ? 'take another board: nothing opens this one' : startState === 'unknown' ? 'check the supply and the connection, and read it again' : 'bring it back to OPEN first: this erases it',
            `rot-hil ${startState === 'LOCKED' ? 'boards' : startState === 'unknown' ? `status ${boardArguments}` : `regress ${boardArguments}`}`,
          ),
  },
  {
    id: 'supply',
    title: 'the supply is there and steady',
    judge: ({ evidence, boardArguments, before, startState }) => {
      const { voltages } = evidence;
      const cut = 'a write that is cut short leaves keys or option bytes half written';
      const look = `rot-hil status ${boardArguments}`;
      if (voltages.length === 0 && before === 'plan' && startState !== 'OPEN') return later(`the board is ${startState}: not measured`);
      if (voltages.length === 0) return refused('the probe measured no supply voltage', cut, 'check that the board is powered and the VREF wire of the probe is connected', look);
      const [low, high] = [Math.min(...voltages), Math.max(...voltages)];
      if (low < supply.lowest || high > supply.highest) return refused(`the supply measures ${low.toFixed(2)} V to ${high.toFixed(2)} V; the chip wants ${supply.lowest} V to ${supply.highest} V`, cut, 'check the supply of the board and its jumper', look);
      if (high - low > supply.spread) return refused(`the supply moved between ${low.toFixed(2)} V and ${high.toFixed(2)} V in this run`, cut, 'check the USB cable and the supply of the board; take it off a hub', look);
      return proven(`${low.toFixed(2)} V to ${high.toFixed(2)} V in ${voltages.length} readings`);
    },
  },
  {
    id: 'console',
    title: 'the serial port is well',
    judge: ({ evidence, inputs }) => {
      if (inputs.state === 'OPEN') return noChange;
      return evidence.consoleLost === undefined ? proven('given up and taken back as asked') : refused(`the serial port was lost in this run: ${evidence.consoleLost}`, 'what disturbs the port may cut the next write short, and the start of the closed board could not be seen', 'check the USB cable; close other programs that use the port', 'rot-hil boards');
    },
  },
  {
    id: 'option-bytes',
    title: 'the option bytes read back as planned',
    judge: (facts) => {
      if (!changesState(facts)) return later('read back at the end');
      if (!isFinal(facts)) return later('judged when they have been written');
      const read = facts.evidence.optionBytes;
      const again = `rot-hil regress ${facts.boardArguments}`;
      if (read === undefined) return refused('the option bytes were not read after the last write', 'the board might be closed with values at which its root of trust starts nothing', 'bring the board back to OPEN and provision it again', again);
      const wrong = Object.entries(facts.inputs.configuration.path.optionBytes).filter(([name, value]) => read.get(name) !== value);
      if (wrong.length === 0) return proven(`${Object.keys(facts.inputs.configuration.path.optionBytes).length} values`);
      return refused(
        wrong.map(([name, value]) => `${name} is ${read.has(name) ? hex(read.get(name)!) : 'not shown'} instead of ${hex(value)}`).join(', '),
        'the root of trust stops at any other value, and on a closed board nothing but a regression helps',
        'check BOOT0, a connected USB device cable and a running tamper configuration; then bring the board back to OPEN',
        again,
      );
    },
  },
  {
    id: 'discovery-integrity',
    title: 'the chip itself finds its credential sound',
    judge: (facts) => {
      if (!changesState(facts)) return notApplicable('product state OPEN needs no debug authentication');
      if (facts.inputs.state === 'LOCKED') return notApplicable('a board that is to be locked has no credential');
      if (!isFinal(facts)) return later('asked when the OBKeys have been provisioned');
      const found = facts.evidence.discovery;
      const again = `rot-hil regress ${facts.boardArguments}`;
      if (found === undefined) return refused('no discovery was made after the last write', 'a board without a sound credential never opens again once it is closed', 'bring the board back to OPEN and provision it again', again);
      if (found.integrity === goodIntegrity) return proven(hex32(goodIntegrity));
      return refused(found.integrity === null ? 'the discovery tells no integrity status' : `the integrity status is ${hex32(found.integrity)} instead of ${hex32(goodIntegrity)}: the chip has no sound credential`, 'a closed board with this status never opens again: it would be lost', 'bring it back to OPEN now, while that is still possible, and provision the debug-authentication OBKey again', again);
    },
  },
  {
    id: 'discovery-regression',
    title: 'the chip offers the full regression',
    judge: (facts) => {
      if (!changesState(facts)) return notApplicable('product state OPEN needs no debug authentication');
      if (facts.inputs.state === 'LOCKED') return notApplicable('a locked board has none');
      if (!isFinal(facts)) return later('asked when the OBKeys have been provisioned');
      if (facts.evidence.discovery !== undefined && permitsFullRegression(facts.evidence.discovery)) return proven('Full Regression');
      return refused(
        `the chip offers ${facts.evidence.discovery?.permissions.join(', ') || 'nothing'}, and no Full Regression`,
        'the board could be opened for debugging at most, never brought back to OPEN',
        'build DA_Config.obk with permission bit 14, bring the board back to OPEN and provision it again',
        `rot-hil regress ${facts.boardArguments}`,
      );
    },
  },
];

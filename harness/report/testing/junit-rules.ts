import { XMLParser, XMLValidator } from 'fast-xml-parser';

/**
 * What a JUnit file may consist of, as the schema of Jenkins' xUnit plugin has it (junit-10.xsd: elements, attributes, which of them
 * are required) and as GitLab's reader expects it (names and class names that tell tests apart, numeric times, sums that are right).
 */
interface Rule {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly children: readonly string[];
  readonly text?: boolean;
}
const outcome: Rule = { required: [], optional: ['type', 'message'], children: [], text: true };
const output: Rule = { required: [], optional: [], children: [], text: true };
const rules: Readonly<Record<string, Rule>> = {
  testsuites: { required: [], optional: ['name', 'time', 'tests', 'failures', 'errors'], children: ['testsuite'] },
  testsuite: {
    required: ['name', 'tests', 'failures', 'errors'],
    optional: ['group', 'time', 'skipped', 'timestamp', 'hostname', 'id', 'package', 'file', 'log', 'url'],
    children: ['testsuite', 'properties', 'testcase', 'system-out', 'system-err'],
  },
  properties: { required: [], optional: [], children: ['property'] },
  property: { required: ['name', 'value'], optional: [], children: [] },
  testcase: { required: ['name'], optional: ['time', 'classname', 'group'], children: ['skipped', 'error', 'failure', 'system-out', 'system-err'] },
  skipped: outcome,
  error: outcome,
  failure: outcome,
  'system-out': output,
  'system-err': output,
};
const time = /^\d+(\.\d*)?$/;

type Ordered = Readonly<Record<string, unknown>>;
interface Node {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (Node | string)[];
}

/** Everything that a file breaks; empty for one that every consumer can read. */
export function junitObjections(xml: string): string[] {
  const wellFormed = XMLValidator.validate(xml);
  if (wellFormed !== true) return [`not well-formed: ${wellFormed.err.msg} in line ${wellFormed.err.line}`];
  const parser = new XMLParser({ preserveOrder: true, ignoreAttributes: false, attributeNamePrefix: '', trimValues: false, parseTagValue: false, parseAttributeValue: false, htmlEntities: true });
  const roots = (parser.parse(xml) as Ordered[]).map(nodeOf).filter((node): node is Node => typeof node !== 'string' && !node.name.startsWith('?'));
  if (roots.length !== 1 || roots[0].name !== 'testsuites') return ['the root is not one <testsuites>'];
  const found: string[] = [];
  check(roots[0], found);
  checkSums(roots[0], found);
  return found;
}

function nodeOf(ordered: Ordered): Node | string {
  const [name] = Object.keys(ordered).filter((key) => key !== ':@');
  if (name === '#text') return String(ordered[name]);
  return { name, attributes: (ordered[':@'] ?? {}) as Record<string, string>, children: (ordered[name] as Ordered[]).map(nodeOf) };
}

function check(node: Node, found: string[]): void {
  const rule = rules[node.name];
  for (const name of rule.required) if (!(name in node.attributes)) found.push(`<${node.name}> without ${name}`);
  for (const name of Object.keys(node.attributes)) if (![...rule.required, ...rule.optional].includes(name)) found.push(`<${node.name}> with ${name}`);
  if ('time' in node.attributes && !time.test(node.attributes['time'])) found.push(`<${node.name}> with the time ${node.attributes['time']}`);
  for (const child of node.children) {
    if (typeof child === 'string') {
      if (rule.text !== true && child.trim() !== '') found.push(`text in <${node.name}>: ${child.trim().slice(0, 40)}`);
    } else if (rule.children.includes(child.name)) check(child, found);
    else found.push(`<${child.name}> in <${node.name}>`);
  }
}

const childrenOf = (node: Node, name: string): Node[] => node.children.filter((child): child is Node => typeof child !== 'string' && child.name === name);

function checkSums(root: Node, found: string[]): void {
  const sums = { tests: 0, failures: 0, errors: 0 };
  for (const suite of childrenOf(root, 'testsuite')) {
    const cases = childrenOf(suite, 'testcase');
    const having = (name: string): number => cases.filter((one) => childrenOf(one, name).length > 0).length;
    const counted = { tests: cases.length, failures: having('failure'), errors: having('error'), skipped: having('skipped') };
    for (const [name, count] of Object.entries(counted)) if (suite.attributes[name] !== String(count)) found.push(`${suite.attributes['name']}: ${name} is ${suite.attributes[name]}, counted ${count}`);
    sums.tests += counted.tests;
    sums.failures += counted.failures;
    sums.errors += counted.errors;
    const names = cases.map((one) => `${one.attributes['classname']}\n${one.attributes['name']}`);
    if (new Set(names).size !== names.length) found.push(`${suite.attributes['name']}: two tests of one name`);
    for (const one of cases) {
      if (!one.attributes['name'] || !one.attributes['classname']) found.push(`${suite.attributes['name']}: a test without a name or class name`);
      if (['failure', 'error', 'skipped'].filter((name) => childrenOf(one, name).length > 0).length > 1) found.push(`${one.attributes['name']}: more than one outcome`);
      for (const name of ['failure', 'error', 'skipped', 'system-out', 'system-err']) if (childrenOf(one, name).length > 1) found.push(`${one.attributes['name']}: two of <${name}>`);
    }
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(suite.attributes['timestamp'] ?? '')) found.push(`${suite.attributes['name']}: the time stamp is ${suite.attributes['timestamp']}`);
  }
  for (const [name, sum] of Object.entries(sums)) if (root.attributes[name] !== String(sum)) found.push(`testsuites: ${name} is ${root.attributes[name]}, counted ${sum}`);
}

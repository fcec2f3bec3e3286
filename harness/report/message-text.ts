/** Lines by which the matchers part their messages: what the console said may be long, and the causes stand behind it. */
const consoleHead = /^The console said/;
const causesHead = 'Likely causes:';
const foundHead = /^Found {2,}(.*)$/;

/** A message on one line: its first one, and what was found where it says that apart. */
export function gist(message: string): string {
  const [first = '', ...rest] = message.split('\n', 40);
  const found = rest.map((line) => foundHead.exec(line)?.[1]).find((text) => text !== undefined);
  return found === undefined ? first : `${first}: found ${found}`;
}

/** The lines of a message that tell most: those without what the console said, the likely causes among them. `left`: how many lines are left out. */
export function brief(message: string, most: number): { readonly lines: readonly string[]; readonly left: number } {
  const all = message.split('\n').filter((line) => line.trim() !== '');
  const said = all.findIndex((line) => consoleHead.test(line));
  const causes = said < 0 ? -1 : all.findIndex((line, index) => index > said && line === causesHead);
  const telling = said < 0 ? all : [...all.slice(0, said), ...(causes < 0 ? [] : all.slice(causes + 1))];
  const lines = telling.slice(0, most);
  return { lines, left: all.length - lines.length - (causes < 0 ? 0 : 1) };
}

/** What several tests tell of one and the same fault of the bench: the one that met it, and those that were not run for it. */
export function faultKey(message: string): string {
  return message.replace(/^not run: /, '').replace(/\nat [^\n]*$/, '');
}

import type { FaultExplanation } from './explain.js';

/** An explanation as a person reads it, line by line. */
export function faultText(report: FaultExplanation): readonly string[] {
  const lines = [report.line === null ? report.summary : `${report.summary}, ${report.line}`];
  for (const [name, { value, bits }] of [['CFSR', report.cfsr], ['HFSR', report.hfsr]] as const) {
    lines.push(`  ${name}  ${value}${bits.length === 0 ? '  no bit set' : ''}`);
    for (const { name: bit, means } of bits) lines.push(`    ${bit.padEnd(11)} ${means}`);
  }
  if (report.address !== null) lines.push(`  address  ${report.address.value} by ${report.address.from}${report.address.symbol === null ? '' : `, ${report.address.symbol}`}`);
  if (!report.privileged) lines.push('  the code was unprivileged');
  if (report.rule !== null) lines.push(`  rule  ${report.rule}`);
  for (const region of report.memory?.regions ?? []) {
    const what = region.what === null ? '' : `, ${region.what}`;
    lines.push(`    region ${String(region.number)}  ${region.base} + ${region.size}${what}: privileged ${region.privileged}, unprivileged ${region.unprivileged}, ${region.executable ? 'executable' : 'never executable'}${region.number === report.memory?.decidedBy ? ' (decides)' : ''}`);
  }
  const registers = Object.entries(report.registers);
  for (let at = 0; at < registers.length; at += 4) lines.push(`  ${registers.slice(at, at + 4).map(([name, value]) => `${name.padEnd(5)} ${value}`).join('  ')}`);
  if (report.disassembly.length > 0) lines.push('  code');
  for (const { address, encoding, text, symbol, current } of report.disassembly) lines.push(`  ${current ? '>' : ' '} ${address}  ${encoding.padEnd(9)}  ${text.padEnd(32)}${symbol === null ? '' : `  ${symbol}`}`.trimEnd());
  if (report.backtrace.length > 0) lines.push('  calls');
  report.backtrace.forEach(({ address, symbol, line, from }, index) => lines.push(`    #${String(index)} ${address}  ${symbol ?? '(no symbol)'}${line === null ? '' : `  ${line}`}  (${from})`));
  if (report.branches.length > 0) lines.push(`  the last ${String(report.branches.length)} branches, the latest one at the end`);
  let times = 1;
  report.branches.forEach(({ kind, from, fromSymbol, to, toSymbol, line }, index) => {
    const next = report.branches[index + 1];
    if (next?.from === from && next.to === to) {
      times += 1;
      return;
    }
    lines.push(`    ${from} -> ${to}  ${fromSymbol ?? '(no symbol)'} -> ${toSymbol ?? '(no symbol)'}${kind === 'branch' ? '' : `, ${kind === 'exception' ? 'exception entered' : 'exception left'}`}${line === null ? '' : `  ${line}`}${times === 1 ? '' : `  (${String(times)} times)`}`);
    times = 1;
  });
  return lines;
}

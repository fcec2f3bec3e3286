// Whether a run proves that a defect was noticed: in the right suite, for the right reason, and nowhere else.

/** Why it is no proof; empty when it is. */
export function objections({ suite, test, reason, also = [] }, { red, exit }) {
  const right = red.filter((one) => one.suite === suite && one.verdict === 'failed' && test.test(one.title));
  const elsewhere = red.filter((one) => one.suite !== suite && !also.includes(one.suite));
  return [
    ...(exit === 1 ? [] : [`the run ended with ${exit}`]),
    ...(right.length > 0 ? [] : [`no test like ${test} of ${suite} failed`]),
    ...(right.length === 0 || right.some(({ message }) => reason.test(message)) ? [] : [`no reason like ${reason}: ${right[0].message.slice(0, 300)}`]),
    ...[...new Set(elsewhere.map((one) => `${one.verdict} in ${one.suite}: ${one.title}`))].slice(0, 3),
    ...(red.some(({ verdict }) => verdict === 'bench') ? ['told as a bench fault'] : []),
  ];
}

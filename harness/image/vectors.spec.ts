import { describe, expect, it } from '@jest/globals';
import { imageVectors, vectorBytes, vectorKeys } from './testing/vectors.js';
import { nobleEngine } from './engine-noble.js';
import { checkImage, loadContentKey, nativeEngine, parseHeader, slotOf } from './index.js';

const cases = imageVectors.flatMap((vector) => [nativeEngine(), nobleEngine].map((engine) => ({ ...vector, engine, name: engine.name })));

describe("images of ST's imgtool, judged as ST's boot code judged them", () => {
  it.each(cases)('$file, slot $slotSize in mode $mode, $name engine -> $verdict at $stage', (vector) => {
    const result = checkImage(vectorBytes(vector), { ...vectorKeys, ...vector });
    expect({ verdict: result.verdict, stage: result.stage }).toEqual({ verdict: vector.verdict, stage: vector.stage });
    if (vector.digest !== undefined) expect(Buffer.from(result.digest!).toString('hex')).toBe(vector.digest);
  });

  it.each(cases.filter((vector) => vector.aesKey !== undefined))('$file, $name engine -> the content key that imgtool wrapped', (vector) => {
    const slot = slotOf(vectorBytes(vector), vector.slotSize);
    const loaded = loadContentKey(slot, parseHeader(slot.read(0, 32)), { encPrivateKey: vectorKeys.encPrivateKey, engine: vector.engine });
    expect('key' in loaded && Buffer.from(loaded.key).toString('hex')).toBe(vector.aesKey);
  });
});

import { describe, expect, it } from 'vitest';
import { readUint8Tensor } from './uint8-tensor.ts';

const read = (text: string, shape: readonly number[]) => {
  const json = new TextEncoder().encode(text);
  return [...readUint8Tensor(json, { start: 0, end: json.length }, shape)];
};

describe('a tensor in JSON', () => {
  it.each<[string, number[], number[]]>([
    ['[1,2,3,4]', [2, 2], [1, 2, 3, 4]],
    ['[[1,2],[3,4]]', [2, 2], [1, 2, 3, 4]],
    [' [ [ 0 , 255 ] , \n[10,9]\t]'.trim(), [2, 2], [0, 255, 10, 9]],
    ['[1.0,2e1,-0,25.5e1]', [4], [1, 20, 0, 255]],
    ['[[[7]]]', [1, 1, 1], [7]],
  ])('%s is read by its shape', (text, shape, values) => {
    expect(read(text, shape)).toEqual(values);
  });

  it.each<[string, number[], string]>([
    ['[1,256]', [2], '"data"[1] of "image" is no whole number from 0 to 255'],
    ['[[1,2],[3,-1]]', [2, 2], '"data"[1][1] of "image" is no whole number from 0 to 255'],
    ['[1,1.5]', [2], '"data"[1] of "image" is no whole number from 0 to 255'],
    ['[1,"2"]', [2], '"data"[1] of "image" is no whole number from 0 to 255'],
    ['[1,null]', [2], '"data"[1] of "image" is no whole number from 0 to 255'],
    [`[${'9'.repeat(100)}]`, [1], '"data"[0] of "image" is no whole number from 0 to 255'],
    ['[1]', [2], '"data" of "image" has 1 values, where its shape says 2'],
    ['[]', [2], '"data" of "image" has 0 values, where its shape says 2'],
    ['[1,2,3]', [2], '"data" of "image" has more than 2 values, where its shape says 2'],
    ['[[1,2],[3]]', [2, 2], '"data"[1] of "image" has 1 values, where its shape says 2'],
    ['[[1,2],3]', [2, 2], '"data"[1] of "image" has no array, where its shape says 2'],
    ['[[1,2]]', [2, 2], '"data" of "image" has 1 values, where its shape says 2'],
  ])('%s is refused for what is wrong', (text, shape, message) => {
    expect(() => read(text, shape)).toThrow(
      expect.objectContaining({ kind: 'invalid-body', message }),
    );
  });

  it.each(['[01]', '[1 ', '[1;2]', '[1]]', '[1,,2]'])('%s is malformed', (text) => {
    expect(() => read(text, [1])).toThrow();
  });

  it('of a wrong shape is refused at once, however long it is', () => {
    const text = `[${Array(2_000_000).fill('[1,2]').join()}]`;
    const json = new TextEncoder().encode(text);
    const start = performance.now();
    expect(() => readUint8Tensor(json, { start: 0, end: json.length }, [1, 224, 224, 3])).toThrow();
    expect(performance.now() - start).toBeLessThan(200);
  });
});

import { describe, expect, it } from 'vitest';
import { arrayElements, parseCutJson, type Span, stringBytes } from './cut-json.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

const cutData = (text: string, maxValues = 100) => {
  const bytes = encode(text);
  const { value, cut } = parseCutJson(bytes, {
    cuts: (depth, name) => depth === 1 && name === 'data',
    maxValues,
  });
  return { value, cut: cut.map(({ start, end }) => text.slice(start, end)) };
};

describe('a JSON text', () => {
  it.each<[string, unknown, string[]]>([
    ['{"a":1,"data":[1,[2,"]"]],"b":2}', { a: 1, data: 0, b: 2 }, ['[1,[2,"]"]]']],
    ['{ "data" : "x\\"y" }', { data: 0 }, ['"x\\"y"']],
    ['{"data":null}', { data: 0 }, ['null']],
    ['{"data":{"data":1},"c":[]}', { data: 0, c: [] }, ['{"data":1}']],
    ['{"d\\u0061ta":[1]}', { data: 0 }, ['[1]']],
    ['{"data":[1],"data":[2]}', { data: 1 }, ['[1]', '[2]']],
    ['{"a":{"data":[1]}}', { a: { data: [1] } }, []],
    ['{"a":"data","b":["data"]}', { a: 'data', b: ['data'] }, []],
    ['[{"data":1}]', [{ data: 1 }], []],
    ['"data"', 'data', []],
  ])('%s is parsed without what is cut out', (text, value, cut) => {
    expect(cutData(text)).toEqual({ value, cut });
  });

  it.each([
    '',
    '{',
    '{"data":',
    '{"data":[1',
    '{"data":"x',
    '{"data":}',
    '{"data":[1]]}',
    '{"data" [1]}',
    '{"a":1,}',
    '{"a":tru}',
    '\u0000',
  ])('%j is malformed', (text) => {
    expect(() => cutData(text)).toThrow(expect.objectContaining({ kind: 'malformed-body' }));
  });

  it('has no more values than it may, but what is cut out may have any', () => {
    const many = `[${Array(1000).fill(1).join()}]`;
    expect(cutData(`{"data":${many}}`).cut).toEqual([many]);
    expect(() => cutData(`{"a":${many}}`)).toThrow(/more than 100 values/);
  });

  it.each(['data', 'a'])('nests no deeper than it may in "%s"', (name) => {
    const deep = `{"${name}":${'['.repeat(20)}${']'.repeat(20)}}`;
    expect(() => cutData(deep)).toThrow(/16 levels/);
  });

  it('of ten megabytes of brackets is refused in no time', () => {
    const start = performance.now();
    expect(() => cutData(`{"data":${'['.repeat(10_000_000)}`)).toThrow();
    expect(() => cutData('['.repeat(10_000_000))).toThrow();
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('an array that was cut out', () => {
  const whole = (text: string): Span => ({ start: 0, end: encode(text).length });

  it('has its elements, and the strings in it their characters', () => {
    const text = '[ "a" , "b\\/c", 1, [2, 3] ,null]';
    const bytes = encode(text);
    const elements = arrayElements(bytes, whole(text), 10);
    expect(elements.map(({ start, end }) => text.slice(start, end))).toEqual([
      '"a"',
      '"b\\/c"',
      '1',
      '[2, 3]',
      'null',
    ]);
    expect(elements.map((element) => decode(stringBytes(bytes, element)))).toEqual([
      'a',
      'b/c',
      undefined,
      undefined,
      undefined,
    ]);
    expect(arrayElements(encode('[ ]'), whole('[ ]'), 10)).toEqual([]);
  });

  it.each(['[1 2]', '[,]', '[1,]', '["a""b"]', '{}', '[1}'])('%s is malformed', (text) => {
    expect(() => arrayElements(encode(text), whole(text), 10)).toThrow(/not valid JSON/);
  });

  it('has no more elements than it may', () => {
    expect(() => arrayElements(encode('[1,2,3]'), whole('[1,2,3]'), 2)).toThrow(/2 values/);
  });
});

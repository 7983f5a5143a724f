import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { KeyListError, parseKeyList, readKeyList } from './api-keys.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const line = (client: string, key: string): string =>
  `${client}:sha256:${sha256(Buffer.from(key))}`;

describe('readKeyList', () => {
  it('finds whose key it is', async () => {
    const text = `# clients\r\n${line('clinic-a', 'one')}\n\n  ${line('b.2', 'two')}  ,${line('b.2', 'three')}`;
    const keys = readKeyList(text, sha256);
    expect(await keys.clientOf('one')).toMatchObject({ name: 'clinic-a' });
    expect(await keys.clientOf('two')).toMatchObject({ name: 'b.2' });
    expect(await keys.clientOf('three')).toMatchObject({ name: 'b.2' });
    expect(await keys.clientOf('four')).toBeUndefined();
  });

  it('says what each key is for', async () => {
    const text = [line('a', '1'), `${line('b', '2')}:metrics`, `${line('c', '3')}:predict+metrics`];
    const keys = readKeyList(text.join('\n'), sha256);
    const scopes = async (key: string) => (await keys.clientOf(key))!.scopes;
    expect(await scopes('1')).toEqual(['predict']);
    expect(await scopes('2')).toEqual(['metrics']);
    expect(await scopes('3')).toEqual(['predict', 'metrics']);
  });

  it('reads line by line: commas in a comment are of the comment', () => {
    const text = `# of clinic a, b, and c\n${line('a', '1')},${line('b', '2')} # no comment\n${line('c', '3')}`;
    const { keys, faultyLines } = parseKeyList(text);
    expect(keys.map(({ client }) => client.name)).toEqual(['a', 'c']);
    expect(faultyLines).toEqual([2]);
    expect(() => readKeyList(text, sha256)).toThrow('line 2 of the keys is not NAME:sha256:HEX');
  });

  it.each(['', ' ', 'ключ', 'a b', 'a\nb', 'x'.repeat(600), sha256(Buffer.from('one'))])(
    'knows no key %j',
    async (key) => {
      expect(await readKeyList(line('a', 'one'), sha256).clientOf(key)).toBeUndefined();
    },
  );

  it('finds the last of ten thousand', async () => {
    const lines = Array.from({ length: 10_000 }, (_, i) => line(`client-${i}`, `key-${i}`));
    const keys = readKeyList(lines.join('\n'), sha256);
    expect(await keys.clientOf('key-9999')).toMatchObject({ name: 'client-9999' });
    expect(await keys.clientOf('key-10000')).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['comments alone', '# none yet\n'],
    ['a key that is not hashed', 'clinic:my-key'],
    ['a short digest', 'clinic:sha256:abcd'],
    ['an unknown scope', `${line('a', '1')}:all`],
    ['no name', `:sha256:${'0'.repeat(64)}`],
    ['another digest', `clinic:md5:${'0'.repeat(64)}`],
  ])('refuses %s, and does not show it', (_, text) => {
    expect(() => readKeyList(text, sha256)).toThrow(KeyListError);
    expect(() => readKeyList(text, sha256)).not.toThrow(/my-key|abcd|0000/);
  });
});

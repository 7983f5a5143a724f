import { describe, expect, it } from 'vitest';
import { decodeText } from './decode-text.ts';
import { readTable, TableError } from './read-table.ts';

const ROWS = [{ line: 2, cells: { image_id: 'a', dx: 'nv', age: '55.5' } }];

describe('readTable', () => {
  it.each([
    ['commas', 'image_id,dx,age\na,nv,55.5\n'],
    ['tabs', 'image_id\tdx\tage\na\tnv\t55.5\n'],
    ['semicolons and decimal commas', 'image_id;dx;age\r\na;nv;55,5\r\n'],
    ['quotes', '"image_id","dx","age"\n"a","nv","55.5"\n'],
    ['a byte order mark', '\uFEFFImage_ID, DX ,Age\na,nv,55.5\n'],
  ])('reads %s', (_, text) => {
    expect(readTable(text)).toEqual({ columns: ['image_id', 'dx', 'age'], rows: ROWS });
  });

  it("follows Excel's hint, and counts its line", () => {
    const { rows } = readTable('\uFEFFsep=;\r\nimage_id;dx\r\na;nv\r\n');
    expect(rows).toEqual([{ line: 3, cells: { image_id: 'a', dx: 'nv' } }]);
  });

  it('leaves the other delimiters inside of fields alone', () => {
    expect(readTable('id\tnote, long\na\tb, c; d\n').rows[0]!.cells).toEqual({
      id: 'a',
      'note, long': 'b, c; d',
    });
    expect(readTable('"a;b;c",d\n1,2\n').columns).toEqual(['a;b;c', 'd']);
  });

  it('reads an empty text as no columns', () => {
    expect(readTable('')).toEqual({ columns: [], rows: [] });
  });

  it.each([
    ['a,b\n1,2,3\n', 2],
    ['a,b\n1,"2\n', 2],
    ['a,A\n1,2\n', 1],
    ['sep=;\na;b\n1;2;3\n', 3],
  ])('says in which line %j is no table', (text, line) => {
    const error = (() => {
      try {
        return readTable(text);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(TableError);
    expect(error).toMatchObject({ line });
  });
});

describe('decodeText', () => {
  it.each([
    ['UTF-8', Buffer.from('ä,b')],
    ['UTF-8 with a mark', Buffer.from('\uFEFFä,b')],
    ['UTF-16', Buffer.from('\uFEFFä,b', 'utf16le')],
    ['UTF-16, big-endian', Buffer.from('\uFEFFä,b', 'utf16le').swap16()],
  ])('reads %s', (_, bytes) => {
    expect(decodeText(bytes)).toBe('ä,b');
  });

  it('refuses Latin-1', () => {
    expect(() => decodeText(Buffer.from('ä,b', 'latin1'))).toThrow(TypeError);
  });
});

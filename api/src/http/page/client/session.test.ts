import { describe, expect, it } from 'vitest';
import { type Entry, Session } from './session.ts';

/** A storage that holds so many characters. */
function storageOf(room: number): Storage {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem(key: string, value: string) {
      if (value.length > room) throw new DOMException('full', 'QuotaExceededError');
      items.set(key, value);
    },
  } as Storage;
}

function entry(id: string, photo = 'data:image/jpeg;base64,AAAA'): Entry {
  const answer = { predictions: [] } as unknown as Entry['answer'];
  return {
    ...{ id, answeredAt: '2026-11-30T12:00:00Z', lesion: '', takenOn: '2026-11-30' },
    ...{ files: ['a.jpg'], place: 'server', query: {}, answer, photo },
  };
}

const ids = (session: Session) => session.entries.map(({ id }) => id);

describe('Session', () => {
  it('keeps answers over a reload, the one about a lesion in place of the one before', () => {
    const storage = storageOf(10_000);
    const session = new Session(storage);
    session.put(entry('a'));
    session.put(entry('b'));
    session.put({ ...entry('a'), lesion: 'left arm' });
    expect(ids(session)).toEqual(['b', 'a']);
    const again = new Session(storage);
    expect(again.entries).toEqual(session.entries);
    expect(again.entries.at(-1)!.lesion).toBe('left arm');
    again.remove('b');
    expect(ids(new Session(storage))).toEqual(['a']);
    again.clear();
    expect(ids(new Session(storage))).toEqual([]);
  });

  it('takes the photos from the oldest answers where there is no room, and says so', () => {
    const room: boolean[] = [];
    const session = new Session(storageOf(5000));
    session.onChange = (left) => room.push(left);
    const photo = 'x'.repeat(2000);
    for (const id of ['a', 'b', 'c']) session.put(entry(id, photo));
    expect(session.entries.map((one) => one.photo !== undefined)).toEqual([false, true, true]);
    expect(room).toEqual([true, true, false]);
  });

  it('works without a storage, and with one that holds something else', () => {
    const session = new Session(undefined);
    session.put(entry('a'));
    expect(ids(session)).toEqual(['a']);
    const storage = storageOf(100);
    storage.setItem('naevus-session', '{"no":"list"}');
    expect(ids(new Session(storage))).toEqual([]);
    storage.setItem('naevus-session', 'no json');
    expect(ids(new Session(storage))).toEqual([]);
  });
});

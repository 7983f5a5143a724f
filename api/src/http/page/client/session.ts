import type { ShownAnswer } from './device-messages.ts';

/** Where the answers of this tab are kept: deleted by the browser when the tab is closed. */
const KEY = 'naevus-session';

/** An answer of this session. */
export interface Entry {
  /** Of the lesion that it is about. */
  readonly id: string;
  /** When it was answered, ISO 8601. */
  readonly answeredAt: string;
  /** What the user calls the lesion; may be empty. */
  readonly lesion: string;
  /** Date of the photos, such as 2026-11-30. */
  readonly takenOn: string;
  /** Names of the files, in the order sent. */
  readonly files: readonly string[];
  readonly place: 'server' | 'device';
  /** What was asked for beside the photos. */
  readonly query: Readonly<Record<string, string>>;
  readonly answer: ShownAnswer;
  /** A small copy of the photo that was shown, as a `data:` URL. */
  readonly photo?: string;
}

/** The answers of this session, the latest last. Where there is no room, the oldest lose their photos first. */
export class Session {
  readonly #storage: Storage | undefined;
  #entries: readonly Entry[];
  /** Told of every change, and whether there was room for all. */
  onChange: (roomLeft: boolean) => void = () => {};

  /** @param storage where entries are kept; without it, only until the page is loaded again */
  constructor(storage: Storage | undefined) {
    this.#storage = storage;
    this.#entries = read(storage);
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Adds an entry; one about the same lesion takes the place of the one before. */
  put(entry: Entry): void {
    const others = this.#entries.filter(({ id }) => id !== entry.id);
    this.#keep([...others, entry]);
  }

  remove(id: string): void {
    this.#keep(this.#entries.filter((entry) => entry.id !== id));
  }

  clear(): void {
    this.#keep([]);
  }

  #keep(entries: readonly Entry[]): void {
    let kept = [...entries];
    let roomLeft = true;
    while (!this.#write(kept)) {
      roomLeft = false;
      const oldest = kept.findIndex(({ photo }) => photo !== undefined);
      if (oldest < 0) break;
      kept = kept.with(oldest, withoutPhoto(kept[oldest]!));
    }
    this.#entries = kept;
    this.onChange(roomLeft);
  }

  #write(entries: readonly Entry[]): boolean {
    try {
      this.#storage?.setItem(KEY, JSON.stringify(entries));
      return true;
    } catch {
      return false;
    }
  }
}

function withoutPhoto({ photo: _, ...entry }: Entry): Entry {
  return entry;
}

function read(storage: Storage | undefined): readonly Entry[] {
  try {
    const entries: unknown = JSON.parse(storage?.getItem(KEY) ?? '[]');
    return Array.isArray(entries) ? entries : [];
  } catch {
    return [];
  }
}

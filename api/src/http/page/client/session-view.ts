import { fill } from '../../../language/page/fill.ts';
import { spaced } from '../../../language/page/spaced.ts';
import { decisionWord } from './decision-view.ts';
import { button, create, element, write } from './element.ts';
import type { Entry, Session } from './session.ts';
import { saveFile, sessionCsv, sessionJson } from './session-files.ts';
import { drawStoredPhoto } from './stored-photo.ts';
import { dateText, language, texts } from './texts.ts';
import { percent } from './wording.ts';

/** The list of this session's answers, and what can be done with it. */
export class SessionView {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
    const fileName = (ending: string) =>
      `naevus-${new Date().toISOString().slice(0, 10)}.${ending}`;
    onClick('save-json', () =>
      saveFile(fileName('json'), 'application/json', sessionJson(session.entries)),
    );
    onClick('save-csv', () =>
      saveFile(
        fileName('csv'),
        'text/csv',
        sessionCsv(session.entries, Object.keys(texts.classes)),
      ),
    );
    onClick('print', () => window.print());
    onClick('clear', () => session.clear());
    this.show(true);
  }

  /** @param roomLeft whether all photos could be kept */
  show(roomLeft: boolean): void {
    const { entries } = this.#session;
    element('session', HTMLElement).hidden = entries.length === 0;
    write('session-full', roomLeft ? '' : texts.storageFull);
    const items = [...entries].reverse().map((entry) => this.#item(entry));
    element('session-list', HTMLUListElement).replaceChildren(...items);
  }

  #item(entry: Entry): HTMLLIElement {
    const item = create('li');
    const date = dateText(entry.takenOn);
    const canvas = create('canvas');
    canvas.setAttribute('aria-hidden', 'true');
    if (entry.photo) void drawStoredPhoto(canvas, entry.photo);
    canvas.hidden = entry.photo === undefined;
    const about = create('p');
    about.append(
      create('strong', entryTitle(entry)),
      create('span', describeEntry(entry)),
      create(
        'span',
        `${entry.files.join(', ')}${spaced(';', language)} ${texts.where[entry.place]}`,
        'fine',
      ),
    );
    const remove = button(texts.remove, () => this.#session.remove(entry.id));
    remove.setAttribute('aria-label', fill(texts.removeEntry, { date }));
    item.append(canvas, about, remove);
    return item;
  }
}

/** Date and name of the lesion. */
export function entryTitle({ takenOn, lesion }: Entry): string {
  return fill(texts.entry, { date: dateText(takenOn), name: lesion || texts.unnamed });
}

/** The decision in few words, without scores where there is no answer. */
export function describeEntry({ answer }: Entry): string {
  const { assessment, predictions } = answer;
  const triage = assessment && decisionWord(assessment);
  if (!triage) return `${predictions[0]!.name}, ${percent(predictions[0]!.score, language)}`;
  const word = texts.words[triage];
  const { abstained, malignant_score } = assessment;
  if (abstained || malignant_score === null) return word;
  const score = percent(malignant_score, language);
  return `${word}, ${fill(texts.malignantScore, { score })}`;
}

function onClick(id: string, act: () => void): void {
  element(id, HTMLButtonElement).addEventListener('click', act);
}

import { fill } from '../../../language/page/fill.ts';
import { create, element, write } from './element.ts';
import type { Entry, Session } from './session.ts';
import { describeEntry, entryTitle } from './session-view.ts';
import { drawStoredPhoto } from './stored-photo.ts';
import { language, texts } from './texts.ts';
import { percent } from './wording.ts';
import { Zoom } from './zoom.ts';

const SIDES = ['earlier', 'later'] as const;
const DAY_MILLISECONDS = 86_400_000;

/** Two answers of this session beside each other; nothing as long as there are not two. */
export class CompareView {
  readonly #session: Session;
  readonly #selects = SIDES.map((side) => element(`compare-${side}`, HTMLSelectElement));
  readonly #canvases = SIDES.map((side) => element(`photo-${side}`, HTMLCanvasElement));
  readonly #zoom: Zoom;

  constructor(session: Session) {
    this.#session = session;
    this.#zoom = new Zoom(element('compare-viewer', HTMLElement), this.#canvases);
    for (const select of this.#selects) select.addEventListener('change', () => this.#show());
    this.update();
  }

  /** After the session changed: chooses the latest answer, and one before it. */
  update(): void {
    const entries = [...this.#session.entries].sort((a, b) => a.takenOn.localeCompare(b.takenOn));
    element('compare', HTMLElement).hidden = entries.length < 2;
    if (entries.length < 2) return;
    const [earlier, later] = defaultPair(entries, this.#session.entries.at(-1)!);
    for (const [select, chosen] of [
      [this.#selects[0]!, earlier],
      [this.#selects[1]!, later],
    ] as const) {
      select.replaceChildren(
        ...entries.map((entry) => new Option(entryTitle(entry), entry.id, false, entry === chosen)),
      );
    }
    this.#show();
  }

  #show(): void {
    const pair = this.#selects.map((select) =>
      this.#session.entries.find(({ id }) => id === select.value),
    );
    const [earlier, later] = pair;
    if (!earlier || !later) return;
    this.#zoom.reset();
    for (const [i, { photo, files }] of [earlier, later].entries()) {
      const canvas = this.#canvases[i]!;
      canvas.hidden = photo === undefined;
      canvas.setAttribute('aria-label', files.join(', '));
      if (photo) void drawStoredPhoto(canvas, photo);
      write(
        `about-${SIDES[i]}`,
        `${describeEntry(i === 0 ? earlier : later)} (${files.join(', ')})`,
      );
    }
    write('compare-days', describeDays(earlier, later));
    write('compare-caution', cautions(earlier, later).join(' '));
    element('compare-scores', HTMLTableSectionElement).replaceChildren(
      ...Object.keys(texts.classes).map((label) => scoreRow(earlier, later, label)),
    );
  }
}

/** The latest answer and one of the same name before it, else the two with the dates furthest apart. */
function defaultPair(entries: readonly Entry[], latest: Entry): readonly [Entry, Entry] {
  const others = entries.filter((entry) => entry !== latest);
  const same = others.filter(({ lesion }) => lesion !== '' && lesion === latest.lesion);
  const other = (same.length > 0 ? same : others).at(-1)!;
  return other.takenOn <= latest.takenOn ? [other, latest] : [latest, other];
}

function describeDays(earlier: Entry, later: Entry): string {
  const days = Math.round(
    (Date.parse(later.takenOn) - Date.parse(earlier.takenOn)) / DAY_MILLISECONDS,
  );
  if (days === 0) return texts.sameDay;
  return Math.abs(days) === 1 ? texts.oneDay : fill(texts.days, { days: Math.abs(days) });
}

/** Why scores of the two cannot be compared. */
function cautions(earlier: Entry, later: Entry): string[] {
  const [a, b] = [earlier, later].map(({ answer, query }) => ({
    model: answer.model.sha256,
    query: JSON.stringify(Object.entries(query).sort()),
  }));
  return [
    ...(a!.model === b!.model ? [] : [texts.otherModel]),
    ...(a!.query === b!.query ? [] : [texts.otherOptions]),
  ];
}

function scoreRow(earlier: Entry, later: Entry, label: string): HTMLTableRowElement {
  const row = create('tr');
  const [before, after] = [earlier, later].map(({ answer }) =>
    answer.assessment?.abstained
      ? undefined
      : answer.predictions.find((prediction) => prediction.label === label)?.score,
  );
  const heading = create('th', texts.classes[label]);
  heading.scope = 'row';
  const text = (score: number | undefined) =>
    create('td', score === undefined ? '–' : percent(score, language));
  const difference =
    before === undefined || after === undefined
      ? '–'
      : new Intl.NumberFormat(language, {
          signDisplay: 'exceptZero',
          minimumFractionDigits: 1,
          maximumFractionDigits: 1,
        }).format(100 * (after - before));
  row.append(heading, text(before), text(after), create('td', difference));
  return row;
}

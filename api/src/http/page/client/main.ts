import type { Label } from '@naevus/shared/taxonomy';
import { fill } from '../../../language/page/fill.ts';
import { headline, showAnswer, showFacts, type TimedAnswer } from './answer-view.ts';
import { askHeatmap, askLesion } from './ask.ts';
import { CompareView } from './compare-view.ts';
import type { Query } from './device-messages.ts';
import { element, write } from './element.ts';
import { Lesion } from './lesion.ts';
import { MapView } from './map-view.ts';
import { NoAnswer } from './no-answer.ts';
import type { Photo } from './photo.ts';
import { PhotoList } from './photo-list.ts';
import { listenForPhotos } from './photo-sources.ts';
import { drawColourBar, PhotoView } from './photo-view.ts';
import { Place } from './place.ts';
import { clearProblem, showProblem } from './problem-view.ts';
import { QuestionsForm } from './questions-form.ts';
import { Session } from './session.ts';
import { SessionView } from './session-view.ts';
import { dateText, momentText, texts } from './texts.ts';
import { Zoom } from './zoom.ts';

/** Cases that are asked for, where the version has some. */
const SIMILAR = '10';
/** Long side of the copies of photos that the session keeps, in pixels. */
const COPY_SIDE = 640;

const limit = element('limit', HTMLElement);
const explain = element('explain', HTMLSelectElement);
const finer = element('finer', HTMLInputElement);
const opacity = element('opacity', HTMLInputElement);
const photoCanvas = element('photo', HTMLCanvasElement);
const overlayCanvas = element('overlay', HTMLCanvasElement);

const photoView = new PhotoView(photoCanvas, overlayCanvas);
const mapView = new MapView(photoView);
const zoom = new Zoom(element('viewer', HTMLElement), [photoCanvas, overlayCanvas]);
const place = new Place(() => {
  if (place.onDevice) void place.device.load(key).catch(complain);
  // What was said before came from the other place.
  if (lesion) void score();
});
const questions = new QuestionsForm(() => void score());
const photoList = new PhotoList({ select, remove });
const session = new Session(sessionStorageOrNone(), (roomLeft) => {
  sessionView.show(roomLeft);
  compareView.update();
});
const sessionView = new SessionView(session);
const compareView = new CompareView(session);

let lesion: Lesion | undefined;
let pending = new AbortController();
/** Kept in this variable alone. */
let key: string | undefined;

/** Another lesion: what was said of the one before goes before anything else happens. */
function replace(photos: readonly Photo[]): void {
  start(photos);
  if (!lesion) return;
  element('lesion', HTMLInputElement).value = '';
  element('taken-on', HTMLInputElement).value = lesion.photo.takenOn;
  const { diagnosis } = lesion.photo;
  write('diagnosis', diagnosis ? fill(texts.example, { name: diagnosis }) : '');
}

function add(photos: readonly Photo[]): void {
  start([...(lesion?.photos ?? []), ...photos]);
}

function remove(index: number): void {
  start(lesion!.photos.filter((_, i) => i !== index));
}

/** Shows photos and asks about them; a refusal leaves the page without photos. */
function start(photos: readonly Photo[]): void {
  clear();
  const most = Number(limit.dataset.photos);
  if (photos.length > most) {
    const detail = fill(texts.problems.tooManyDetail, { number: photos.length, most });
    refuse(texts.problems.tooMany, detail);
    return;
  }
  const next = new Lesion(photos);
  if (!place.onDevice && next.bytes > Number(limit.dataset.bytes)) {
    const detail = fill(texts.problems.tooLargeDetail, { size: limit.dataset.size! });
    refuse(texts.problems.tooLarge, detail);
    return;
  }
  lesion = next;
  element('stage-hint', HTMLElement).hidden = true;
  element('add-photos', HTMLElement).hidden = photos.length >= most;
  element('viewer', HTMLElement).scrollIntoView({ block: 'nearest' });
  showPhoto();
  void score();
}

function clear(): void {
  pending.abort();
  lesion = undefined;
  photoView.clear();
  mapView.hide();
  questions.reset();
  photoList.show([], 0);
  showAnswer(undefined);
  clearProblem();
  write('status', '');
  write('map-note', '');
  write('diagnosis', '');
  write('print-head', '');
  element('viewer', HTMLElement).hidden = true;
  element('viewer-tools', HTMLElement).hidden = true;
  element('stage-hint', HTMLElement).hidden = false;
  element('no-preview', HTMLElement).hidden = true;
  element('add-photos', HTMLElement).hidden = true;
}

/** Shows the selected photo, where the browser can. */
function showPhoto(): void {
  const { photo } = lesion!;
  zoom.reset();
  photoCanvas.setAttribute('aria-label', texts.photo);
  void photoView.show(photo.file).then((visible) => {
    if (lesion?.photo !== photo) return;
    element('viewer', HTMLElement).hidden = !visible;
    element('viewer-tools', HTMLElement).hidden = !visible;
    element('no-preview', HTMLElement).hidden = visible;
    // The answer may have come first.
    if (lesion.answer) keepInSession();
    const similar = element('similar-photo', HTMLCanvasElement);
    similar.width = photoCanvas.width;
    similar.height = photoCanvas.height;
    if (visible) similar.getContext('2d')!.drawImage(photoCanvas, 0, 0);
  });
}

function select(index: number): void {
  if (!lesion) return;
  lesion.selected = index;
  photoList.show(lesion.photos, index, lesion.answer?.answer);
  mapView.hide();
  showPhoto();
  if (!lesion.answer) return;
  showFacts(lesion.answer, index);
  void drawMap(explain.value as Label);
}

/** Asks for the lesion's scores, and the heat map of the photo that is shown. */
async function score(): Promise<void> {
  if (!lesion) return;
  const about = lesion;
  about.forget();
  mapView.hide();
  showAnswer(undefined);
  photoList.show(about.photos, about.selected);
  const asked = questions.query;
  await attempt(texts.scoring, score, async (signal) => {
    const query = {
      ...asked,
      ...(element('on-device', HTMLInputElement).dataset.similar === 'true' && {
        similar: SIMILAR,
      }),
    };
    const began = performance.now();
    const [answer, map] = await answerOf(about, query, signal);
    if (signal.aborted) return;
    const milliseconds = performance.now() - began;
    about.answer = { answer, milliseconds, query: asked, answeredAt: new Date().toISOString() };
    questions.markAsked(asked);
    showTimed(about.answer);
    keepInSession();
    if (map) about.keepMap(0, map);
    await drawMap(map ? map.class : answer.predictions[0]!.label);
  });
}

/** The answer to one photo comes with its map. */
async function answerOf({ photos }: Lesion, query: Query, signal: AbortSignal) {
  if (photos.length > 1) {
    const files = photos.map(({ file }) => file);
    const answer = place.onDevice
      ? await place.device.askLesion(files, query, key)
      : await askLesion(files, { query, key, signal });
    return [answer, undefined] as const;
  }
  const {
    class: label,
    heatmap,
    ...answer
  } = await mapOf(photos[0]!, { ...query, ...methodQuery() }, signal);
  return [answer, { class: label, heatmap }] as const;
}

function mapOf({ file }: Photo, query: Query, signal: AbortSignal) {
  return place.onDevice
    ? place.device.askHeatmap(file, query, key)
    : askHeatmap(file, { query, key, signal });
}

function methodQuery(): Query {
  return finer.checked ? { method: 'dense-grad-cam' } : {};
}

function showTimed(timed: TimedAnswer): void {
  write('status', headline(timed.answer));
  showAnswer(timed, lesion!.selected);
  photoList.show(lesion!.photos, lesion!.selected, timed.answer);
}

/** Shows the map of a class over the photo that is shown, where it may be shown. */
async function drawMap(label: Label): Promise<void> {
  if (!lesion?.answer) return;
  const about = lesion;
  const { selected } = about;
  write('map-note', '');
  if (!about.mayMap(selected)) {
    mapView.hide();
    if (!about.answer!.answer.assessment?.abstained) write('map-note', texts.noMap);
    return;
  }
  const known = about.mapOf(selected, label, finer.checked ? 'dense-grad-cam' : 'grad-cam');
  if (known) {
    mapView.show(known);
    return;
  }
  await attempt(
    texts.mapping,
    () => drawMap(label),
    async (signal) => {
      const { tta, version } = questions.query;
      const query = {
        class: label,
        ...methodQuery(),
        ...(tta && { tta }),
        ...(version && { version }),
      };
      const map = await mapOf(about.photo, query, signal);
      if (signal.aborted) return;
      about.keepMap(selected, map);
      mapView.show(map);
      write('status', headline(about.answer!.answer));
    },
  );
}

/** Does what takes a while, in place of what was begun before; says what goes wrong. */
async function attempt(
  saying: string,
  again: () => Promise<void>,
  act: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  pending.abort();
  pending = new AbortController();
  const { signal } = pending;
  clearProblem();
  write('status', saying);
  try {
    await act(signal);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof NoAnswer)) throw error;
    retry = again;
    complain(error);
  }
}

let retry: () => Promise<void> = score;

/** Says why there is no answer; the one before stays, where it is about the same photos. */
function complain(reason: unknown): void {
  if (!(reason instanceof NoAnswer)) throw reason;
  write('status', '');
  mapView.restoreControls();
  showProblem(reason, lesion && (() => void retry()));
}

function refuse(title: string, detail: string): void {
  write('status', '');
  showProblem(new NoAnswer(title, detail, { status: 400 }), undefined);
}

/** Keeps the answer with what the user says of the lesion. */
function keepInSession(): void {
  const timed = lesion?.answer;
  if (!lesion || !timed) return;
  const name = element('lesion', HTMLInputElement).value.trim();
  const takenOn = element('taken-on', HTMLInputElement).value || lesion.photo.takenOn;
  const photo = photoView.copy(COPY_SIDE);
  const files = lesion.photos.map(({ name }) => name);
  session.put({
    id: lesion.id,
    answeredAt: timed.answeredAt,
    ...{ lesion: name, takenOn, files },
    place: place.onDevice ? 'device' : 'server',
    query: timed.query,
    answer: timed.answer,
    ...(photo && { photo }),
  });
  const date = momentText(new Date(timed.answeredAt));
  const values = { date, taken: dateText(takenOn), files: files.join(', '), lesion: name };
  write('print-head', fill(texts.printed, values));
}

function sessionStorageOrNone(): Storage | undefined {
  try {
    return window.sessionStorage;
  } catch {
    return undefined;
  }
}

function setOpacity(): void {
  element('opacity-value', HTMLOutputElement).textContent = `${opacity.value}%`;
  photoView.setOpacity(opacity.valueAsNumber / 100);
}

explain.addEventListener('change', () => drawMap(explain.value as Label));
finer.addEventListener('change', () => drawMap(explain.value as Label));
opacity.addEventListener('input', setOpacity);
for (const id of ['lesion', 'taken-on']) {
  element(id, HTMLInputElement).addEventListener('change', keepInSession);
}
element('zoom-in', HTMLButtonElement).addEventListener('click', () => zoom.step(1));
element('zoom-out', HTMLButtonElement).addEventListener('click', () => zoom.step(-1));
element('zoom-reset', HTMLButtonElement).addEventListener('click', () => zoom.reset());
element('key-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  key = element('key', HTMLInputElement).value.trim();
  clearProblem();
  if (lesion) void retry();
  else if (place.onDevice) void place.device.load(key).catch(complain);
});
listenForPhotos({ replace, add, refuse });
drawColourBar(element('colour-bar', HTMLCanvasElement));
// A browser may have kept the slider where it was before a reload.
setOpacity();

import { fill } from '../../../language/page/fill.ts';
import { AnswerSource } from './answer-source.ts';
import { headline, showAnswer, showFacts } from './answer-view.ts';
import { Attempts } from './attempts.ts';
import { CompareView } from './compare-view.ts';
import type { Device } from './device.ts';
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
import type { Session } from './session.ts';
import { sessionEntry, writePrintHead } from './session-entry.ts';
import { SessionView } from './session-view.ts';
import { clearStage, showStage } from './stage.ts';
import { texts } from './texts.ts';
import { Zoom } from './zoom.ts';

/** Cases that are asked for, where the version has some. */
const SIMILAR = '10';
/** Long side of the copies of photos that the session keeps, in pixels. */
const COPY_SIDE = 640;

/** What outlasts a change of the language. */
export interface Kept {
  readonly lesion: Lesion | undefined;
  /** The class whose heat map is shown. */
  readonly explained: string | undefined;
  readonly device: Device;
  readonly key: string | undefined;
}

/** The page at work, in one language: the photos of a lesion, and what is answered about them. */
export class LesionPage {
  readonly #explain = element('explain', HTMLSelectElement);
  readonly #finer = element('finer', HTMLInputElement);
  readonly #opacity = element('opacity', HTMLInputElement);
  readonly #photoCanvas = element('photo', HTMLCanvasElement);
  readonly #photoView: PhotoView;
  readonly #mapView: MapView;
  readonly #zoom: Zoom;
  readonly #photoList = new PhotoList({
    select: (index) => this.#select(index),
    remove: (index) => this.#start(this.#lesion!.photos.filter((_, i) => i !== index)),
  });
  readonly #questions = new QuestionsForm(() => void this.#score());
  readonly #attempts = new Attempts(() => this.#mapView.restoreControls());
  readonly #place: Place;
  readonly #source: AnswerSource;
  readonly #session: Session;
  readonly #left = new AbortController();
  #lesion: Lesion | undefined;

  /** @param kept from the page in another language */
  constructor(session: Session, kept?: Kept) {
    const overlay = element('overlay', HTMLCanvasElement);
    this.#photoView = new PhotoView(this.#photoCanvas, overlay);
    this.#mapView = new MapView(this.#photoView);
    this.#zoom = new Zoom(element('viewer', HTMLElement), [this.#photoCanvas, overlay]);
    this.#place = new Place(() => this.#changePlace(), kept?.device);
    this.#source = new AnswerSource(this.#place, kept?.key);
    this.#session = session;
    const sessionView = new SessionView(session);
    const compareView = new CompareView(session);
    session.onChange = (roomLeft) => {
      sessionView.show(roomLeft);
      compareView.update();
    };
    this.#listen();
    drawColourBar(element('colour-bar', HTMLCanvasElement));
    // A browser may have kept the slider where it was before a reload.
    this.#setOpacity();
    if (kept?.lesion) this.#resume(kept.lesion, kept.explained);
  }

  /** Ends this page's work, and gives what another goes on with. */
  leave(): Kept {
    const lesion = this.#lesion;
    const explained = lesion?.answer ? this.#explain.value : undefined;
    this.#left.abort();
    this.#attempts.end();
    // What is still to come about it is no longer of interest here.
    this.#lesion = undefined;
    return { lesion, explained, device: this.#place.device, key: this.#source.key };
  }

  #listen(): void {
    const handler = {
      replace: (photos: readonly Photo[]) => this.#replace(photos),
      add: (photos: readonly Photo[]) => this.#start([...(this.#lesion?.photos ?? []), ...photos]),
      refuse: (title: string, detail: string) => this.#refuse(title, detail),
    };
    listenForPhotos(handler, this.#left.signal);
    const drawChosen = () => this.#drawMap(this.#explain.value);
    this.#explain.addEventListener('change', drawChosen);
    this.#finer.addEventListener('change', drawChosen);
    this.#opacity.addEventListener('input', () => this.#setOpacity());
    for (const id of ['lesion', 'taken-on']) {
      element(id, HTMLInputElement).addEventListener('change', () => this.#keepInSession());
    }
    const onClick = (id: string, act: () => void) =>
      element(id, HTMLButtonElement).addEventListener('click', act);
    onClick('zoom-in', () => this.#zoom.step(1));
    onClick('zoom-out', () => this.#zoom.step(-1));
    onClick('zoom-reset', () => this.#zoom.reset());
    element('key-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      this.#source.key = element('key', HTMLInputElement).value.trim();
      clearProblem();
      if (this.#lesion) this.#attempts.retry();
      else void this.#source.load().catch(this.#attempts.complain);
    });
  }

  #changePlace(): void {
    void this.#source.load().catch(this.#attempts.complain);
    // What was said before came from the other place.
    if (this.#lesion) void this.#score();
  }

  /** Another lesion: what was said of the one before goes before anything else happens. */
  #replace(photos: readonly Photo[]): void {
    this.#start(photos);
    if (!this.#lesion) return;
    const { takenOn, diagnosis } = this.#lesion.photo;
    element('lesion', HTMLInputElement).value = '';
    element('taken-on', HTMLInputElement).value = takenOn;
    write('diagnosis', diagnosis ? fill(texts.example, { name: diagnosis }) : '');
  }

  /** Shows photos and asks about them; a refusal leaves the page without photos. */
  #start(photos: readonly Photo[]): void {
    this.#clear();
    const { dataset } = element('limit', HTMLElement);
    const most = Number(dataset.photos);
    if (photos.length > most) {
      const detail = fill(texts.problems.tooManyDetail, { number: photos.length, most });
      this.#refuse(texts.problems.tooMany, detail);
      return;
    }
    const lesion = new Lesion(photos);
    if (!this.#place.onDevice && lesion.bytes > Number(dataset.bytes)) {
      const detail = fill(texts.problems.tooLargeDetail, { size: dataset.size! });
      this.#refuse(texts.problems.tooLarge, detail);
      return;
    }
    this.#take(lesion);
    void this.#score();
  }

  /** The lesion of the page in another language: answered again, as an answer has its language. */
  #resume(lesion: Lesion, explained: string | undefined): void {
    const query = lesion.answer?.query;
    this.#take(lesion);
    const { diagnosis } = lesion.photo;
    write('diagnosis', diagnosis ? fill(texts.example, { name: diagnosis }) : '');
    void this.#score(query, explained);
  }

  #take(lesion: Lesion): void {
    this.#lesion = lesion;
    this.#attempts.reset(() => this.#score());
    const most = Number(element('limit', HTMLElement).dataset.photos);
    showStage(lesion.photos.length < most);
    this.#showPhoto();
  }

  #clear(): void {
    this.#attempts.reset();
    this.#lesion = undefined;
    this.#photoView.clear();
    this.#mapView.hide();
    this.#questions.reset();
    this.#photoList.show([], 0);
    showAnswer(undefined);
    clearProblem();
    clearStage();
  }

  /** Shows the selected photo, where the browser can. */
  #showPhoto(): void {
    const lesion = this.#lesion!;
    const { photo } = lesion;
    this.#zoom.reset();
    this.#photoCanvas.setAttribute('aria-label', texts.photo);
    void this.#photoView.show(photo.file).then((visible) => {
      if (this.#lesion?.photo !== photo) return;
      element('viewer', HTMLElement).hidden = !visible;
      element('viewer-tools', HTMLElement).hidden = !visible;
      element('no-preview', HTMLElement).hidden = visible;
      // The answer may have come first.
      this.#keepInSession();
      const similar = element('similar-photo', HTMLCanvasElement);
      similar.width = this.#photoCanvas.width;
      similar.height = this.#photoCanvas.height;
      if (visible) similar.getContext('2d')!.drawImage(this.#photoCanvas, 0, 0);
    });
  }

  #select(index: number): void {
    const lesion = this.#lesion;
    if (!lesion) return;
    lesion.selected = index;
    this.#photoList.show(lesion.photos, index, lesion.answer?.answer);
    this.#mapView.hide();
    this.#showPhoto();
    if (!lesion.answer) return;
    showFacts(lesion.answer, index);
    void this.#drawMap(this.#explain.value);
  }

  /**
   * Asks for the lesion's scores, and the heat map of the photo that is shown.
   *
   * @param asked what is asked for beside the photos
   * @param explained the class of the map; by default the one with the highest score
   */
  async #score(asked = this.#questions.query, explained?: string): Promise<void> {
    const lesion = this.#lesion;
    if (!lesion) return;
    lesion.forget();
    this.#mapView.hide();
    showAnswer(undefined);
    this.#photoList.show(lesion.photos, lesion.selected);
    await this.#attempts.run(
      texts.scoring,
      () => this.#score(),
      async (signal) => {
        const hasCases = element('on-device', HTMLInputElement).dataset.similar === 'true';
        const query = { ...asked, ...(hasCases && { similar: SIMILAR }) };
        const map = { label: explained, method: this.#methodQuery() };
        const began = performance.now();
        const sourced = await this.#source.answerTo(lesion.photos, query, map, signal);
        if (signal.aborted) return;
        const { answer } = sourced;
        const milliseconds = performance.now() - began;
        lesion.answer = {
          answer,
          milliseconds,
          query: asked,
          answeredAt: new Date().toISOString(),
        };
        this.#questions.markAsked(asked);
        write('status', headline(answer));
        showAnswer(lesion.answer, lesion.selected);
        this.#photoList.show(lesion.photos, lesion.selected, answer);
        this.#keepInSession();
        if (sourced.map) lesion.keepMap(0, sourced.map);
        await this.#drawMap(sourced.map?.class ?? explained ?? answer.predictions[0]!.label);
      },
    );
  }

  #methodQuery(): Query {
    return this.#finer.checked ? { method: 'dense-grad-cam' } : {};
  }

  /** Shows the map of a class over the photo that is shown, where it may be shown. */
  async #drawMap(label: string): Promise<void> {
    const lesion = this.#lesion;
    if (!lesion?.answer) return;
    const { selected } = lesion;
    const { answer } = lesion.answer;
    write('map-note', '');
    if (!lesion.mayMap(selected)) {
      this.#mapView.hide();
      if (!answer.assessment?.abstained) write('map-note', texts.noMap);
      return;
    }
    const known = lesion.mapOf(
      selected,
      label,
      this.#finer.checked ? 'dense-grad-cam' : 'grad-cam',
    );
    if (known) {
      this.#mapView.show(known);
      return;
    }
    await this.#attempts.run(
      texts.mapping,
      () => this.#drawMap(label),
      async (signal) => {
        const { tta, version } = this.#questions.query;
        const query = {
          class: label,
          ...this.#methodQuery(),
          ...(tta && { tta }),
          ...(version && { version }),
        };
        const map = await this.#source.mapOf(lesion.photo, query, signal);
        if (signal.aborted) return;
        lesion.keepMap(selected, map);
        this.#mapView.show(map);
        write('status', headline(answer));
      },
    );
  }

  #refuse(title: string, detail: string): void {
    write('status', '');
    showProblem(new NoAnswer(title, detail, { status: 400 }), undefined);
  }

  /** Keeps the answer, where there is one, with what the user says of the lesion. */
  #keepInSession(): void {
    if (!this.#lesion?.answer) return;
    const place = this.#place.onDevice ? 'device' : 'server';
    const entry = sessionEntry(this.#lesion, place, this.#photoView.copy(COPY_SIDE));
    this.#session.put(entry);
    writePrintHead(entry);
  }

  #setOpacity(): void {
    element('opacity-value', HTMLOutputElement).textContent = `${this.#opacity.value}%`;
    this.#photoView.setOpacity(this.#opacity.valueAsNumber / 100);
  }
}

import type { Label } from '@naevus/shared/taxonomy';
import { describeMap, headline, showAnswer, type TimedAnswer } from './answer-view.ts';
import { ask, NoAnswer } from './ask.ts';
import { Device } from './device.ts';
import type { ShownAnswer } from './device-messages.ts';
import { element } from './element.ts';
import { listenForPictures } from './picture-sources.ts';
import { drawColourBar, PictureView } from './picture-view.ts';

const status = element('status', HTMLElement);
const problem = element('problem', HTMLElement);
const hint = element('stage-hint', HTMLElement);
const noPreview = element('no-preview', HTMLElement);
const canvas = element('picture', HTMLCanvasElement);
const map = element('map', HTMLElement);
const explain = element('explain', HTMLSelectElement);
const sharper = element('sharper', HTMLInputElement);
const opacity = element('opacity', HTMLInputElement);
const limit = element('limit', HTMLElement);
const example = element('diagnosis', HTMLElement);
const onDevice = element('on-device', HTMLInputElement);
const keyForm = element('key-form', HTMLFormElement);

/** Cases that are asked for. */
const SIMILAR = 10;

const view = new PictureView(canvas);
const device = new Device({
  version: onDevice.dataset.version!,
  sha256: onDevice.dataset.sha256!,
});
let image: Blob | undefined;
/** Answers about the picture so far, by the class of their heat map and what it was made by. */
const answers = new Map<string, TimedAnswer>();
/** The answer on the page. */
let shown: ShownAnswer | undefined;
let pending = new AbortController();
/** Kept in this variable alone. */
let key: string | undefined;

/** A new picture: what was said of the one before goes before anything else happens. */
function take(file: Blob, diagnosis?: string): void {
  reset();
  if (!onDevice.checked && file.size > Number(limit.dataset.bytes)) {
    complain(
      new NoAnswer(
        'The file is too large',
        `this server takes files up to ${limit.textContent}`,
        413,
      ),
    );
    return;
  }
  image = file;
  example.textContent = diagnosis ? `Diagnosis of this example, by histology: ${diagnosis}.` : '';
  status.scrollIntoView({ block: 'nearest' });
  hint.hidden = true;
  void view.show(file).then((visible) => {
    if (image !== file) return;
    canvas.hidden = !visible;
    noPreview.hidden = visible;
  });
  void explainClass();
}

function reset(): void {
  pending.abort();
  image = undefined;
  shown = undefined;
  answers.clear();
  view.clear();
  canvas.hidden = true;
  canvas.setAttribute('aria-label', 'The picture');
  hint.hidden = false;
  noPreview.hidden = true;
  map.hidden = true;
  example.hidden = true;
  problem.replaceChildren();
  status.textContent = '';
  showAnswer(undefined);
}

/** Asks for the picture's scores and the heat map of a class; without one, of the highest score. */
async function explainClass(label?: Label): Promise<void> {
  if (!image) return;
  pending.abort();
  pending = new AbortController();
  const { signal } = pending;
  problem.replaceChildren();
  keyForm.hidden = true;
  const method = sharper.checked ? 'dense-grad-cam' : 'grad-cam';
  const known = label && answers.get(`${label} ${method}`);
  if (known) {
    show(known);
    return;
  }
  status.textContent = label ? 'Drawing the heat map…' : 'Scoring the picture…';
  const question = {
    image,
    method,
    ...(label && { label }),
    ...(onDevice.dataset.similar === 'true' && { similar: SIMILAR }),
    ...(key && { key }),
  } as const;
  const start = performance.now();
  try {
    const answer = onDevice.checked
      ? await device.ask(question)
      : await ask({ ...question, signal });
    if (signal.aborted) return;
    const timed = { answer, milliseconds: performance.now() - start };
    answers.set(`${answer.class} ${method}`, timed);
    show(timed);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof NoAnswer)) throw error;
    complain(error, label);
  }
}

function show(timed: TimedAnswer): void {
  const { answer } = timed;
  shown = answer;
  status.textContent = headline(answer);
  showAnswer(timed);
  example.hidden = example.textContent === '';
  if (answer.assessment?.abstained) {
    // A map of an image that no answer should be given for would be believed all the same.
    view.lay(undefined);
    canvas.setAttribute('aria-label', 'The picture, without a heat map');
    map.hidden = true;
    return;
  }
  explain.value = answer.class;
  view.lay(answer.heatmap);
  const description = describeMap(answer);
  element('map-caption', HTMLElement).textContent = description;
  canvas.setAttribute('aria-label', `The picture with a heat map over it. ${description}`);
  map.hidden = false;
}

/** Says why there is no answer; the one before stays, where it is about the same picture. */
function complain(reason: NoAnswer, label?: Label): void {
  status.textContent = '';
  if (shown) {
    explain.value = shown.class;
    sharper.checked = shown.heatmap.method === 'dense-grad-cam';
  }
  const title = document.createElement('strong');
  title.textContent = reason.title;
  const text = document.createElement('p');
  text.append(title, ` ${reason.detail}`);
  problem.replaceChildren(text);
  if (reason.requestId) {
    const id = document.createElement('p');
    id.className = 'fine';
    id.textContent = `Request ${reason.requestId}`;
    problem.append(id);
  }
  if (reason.again && image) {
    const again = document.createElement('button');
    again.type = 'button';
    again.className = 'button';
    again.textContent = 'Try again';
    again.addEventListener('click', () => explainClass(label));
    problem.append(again);
  }
  keyForm.hidden = !reason.wantsKey;
}

function setOpacity(): void {
  element('opacity-value', HTMLOutputElement).textContent = `${opacity.value}%`;
  view.setOpacity(opacity.valueAsNumber / 100);
}

/** Says where pictures go; what was said before came from the other place. */
function setPlace(): void {
  const privacy = element('privacy', HTMLElement);
  privacy.textContent = onDevice.checked ? privacy.dataset.device! : privacy.dataset.server!;
  answers.clear();
}

explain.addEventListener('change', () => explainClass(explain.value as Label));
sharper.addEventListener('change', () => explainClass(explain.value as Label));
opacity.addEventListener('input', setOpacity);
onDevice.addEventListener('change', setPlace);
keyForm.addEventListener('submit', (event) => {
  event.preventDefault();
  key = element('key', HTMLInputElement).value.trim();
  void explainClass(shown?.class);
});
listenForPictures({
  take,
  refuse(title, detail) {
    complain(new NoAnswer(title, detail, 400));
  },
});
drawColourBar(element('colour-bar', HTMLCanvasElement));
// A browser may have kept the slider where it was before a reload.
setOpacity();
if (Device.possible) element('on-device-choice', HTMLElement).hidden = false;
else onDevice.checked = false;
setPlace();

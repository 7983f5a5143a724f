import type { LesionResponse } from '../../../schemas/lesion.ts';
import type {
  DeviceAnswer,
  DeviceMessage,
  DeviceQuestion,
  HeatmapAnswer,
  PageModel,
  Progress,
  Query,
  Reply,
} from './device-messages.ts';
import { keepOffline, startWorker } from './device-scripts.ts';
import { NoAnswer } from './no-answer.ts';
import { language, texts } from './texts.ts';

type Settled = Exclude<Reply, { progress: Progress }>;

/** Answers about photos without sending them: a worker of this page with the same model. */
export class Device {
  readonly model: PageModel;
  /** Told while the model is downloaded. */
  onProgress: (progress: Progress) => void = () => {};
  readonly #waiting = new Map<number, (reply: Settled) => void>();
  #worker: Promise<Worker> | undefined;
  #last = 0;

  constructor(model: PageModel) {
    this.model = model;
  }

  /** Digests and service workers need https, or this machine itself. */
  static get possible(): boolean {
    return window.isSecureContext && typeof WebAssembly === 'object';
  }

  /**
   * Downloads the model, so that a photo need not wait for it.
   *
   * @throws NoAnswer when that is not possible
   */
  async load(key?: string): Promise<void> {
    await this.#ask({ kind: 'load' }, key);
  }

  /** @throws NoAnswer when there is none */
  async askHeatmap(photo: Blob, query: Query, key?: string): Promise<HeatmapAnswer> {
    const question = { kind: 'heatmap', photo, query: { ...query, language } } as const;
    const answer = await this.#ask(question, key);
    if (answer === undefined || !('heatmap' in answer)) throw anotherAnswer();
    return answer;
  }

  /** @throws NoAnswer when there is none */
  async askLesion(photos: readonly Blob[], query: Query, key?: string): Promise<LesionResponse> {
    const question = { kind: 'lesion', photos, query: { ...query, language } } as const;
    const answer = await this.#ask(question, key);
    if (answer === undefined || !('images' in answer)) throw anotherAnswer();
    return answer;
  }

  async #ask(question: DeviceQuestion, key?: string): Promise<DeviceAnswer> {
    this.#worker ??= this.#start();
    const worker = await this.#worker;
    const id = ++this.#last;
    const reply = await new Promise<Settled>((resolve) => {
      this.#waiting.set(id, resolve);
      const message: DeviceMessage = { id, question, model: this.model, ...(key && { key }) };
      worker.postMessage(message);
    });
    if (reply.ok) return reply.answer;
    throw new NoAnswer(reply.title, reply.detail, { status: reply.status ?? 422, language: 'en' });
  }

  async #start(): Promise<Worker> {
    await keepOffline();
    const worker = startWorker();
    worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
      if ('progress' in data) {
        this.onProgress(data.progress);
        return;
      }
      this.#waiting.get(data.id)?.(data);
      this.#waiting.delete(data.id);
    });
    worker.addEventListener('error', () => this.#fail(worker));
    return worker;
  }

  #fail(worker: Worker): void {
    worker.terminate();
    this.#worker = undefined;
    const { device: title, deviceDetail: detail } = texts.problems;
    for (const [id, resolve] of this.#waiting) resolve({ id, ok: false, title, detail });
    this.#waiting.clear();
  }
}

/** A defect: the worker answers each question by its kind. */
function anotherAnswer(): Error {
  return new Error('the worker answered another question');
}

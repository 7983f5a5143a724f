import { NoAnswer } from './ask.ts';
import type { Question, Reply, ShownAnswer } from './device-messages.ts';

const WORKER = new URL('assets/on-device.js', document.baseURI).href;
const SERVICE_WORKER = new URL('assets/service-worker.js', document.baseURI).href;

interface ScriptPolicy {
  createScriptURL(url: string): string;
}

/** Both scripts, and no other address, may be run as workers. */
function policy(): ScriptPolicy {
  const { trustedTypes } = window as unknown as {
    trustedTypes?: { createPolicy(name: string, rules: ScriptPolicy): ScriptPolicy };
  };
  const rules: ScriptPolicy = {
    createScriptURL(url) {
      if (url === WORKER || url === SERVICE_WORKER) return url;
      throw new TypeError('no script but the two workers');
    },
  };
  return trustedTypes?.createPolicy('naevus-workers', rules) ?? rules;
}

type DeviceQuestion = Omit<Question, 'id' | 'model'>;

/** Answers about pictures without sending them: a worker of this page with the same model. */
export class Device {
  readonly #model: Question['model'];
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #worker: Promise<Worker> | undefined;
  #last = 0;

  constructor(model: Question['model']) {
    this.#model = model;
  }

  /** Digests and service workers need https, or this machine itself. */
  static get possible(): boolean {
    return window.isSecureContext && typeof WebAssembly === 'object';
  }

  /** @throws NoAnswer when there is none */
  async ask({ image, label, method, similar, key }: DeviceQuestion): Promise<ShownAnswer> {
    this.#worker ??= this.#start();
    const worker = await this.#worker;
    const id = ++this.#last;
    const model = this.#model;
    const reply = await new Promise<Reply>((resolve) => {
      this.#waiting.set(id, resolve);
      const question: Question = {
        id,
        image: image,
        method,
        model,
        ...(label && { label }),
        ...(similar && { similar }),
        ...(key && { key }),
      };
      worker.postMessage(question);
    });
    if (reply.ok) return reply.answer;
    throw new NoAnswer(reply.title, reply.detail, 422);
  }

  async #start(): Promise<Worker> {
    const scripts = policy();
    await keepOffline(scripts);
    const worker = new Worker(scripts.createScriptURL(WORKER), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
      this.#waiting.get(data.id)?.(data);
      this.#waiting.delete(data.id);
    });
    worker.addEventListener('error', () => this.#fail(worker));
    return worker;
  }

  #fail(worker: Worker): void {
    worker.terminate();
    this.#worker = undefined;
    const title = 'This device gives no answer';
    const detail = 'the part of the page that computes it could not be run; try again';
    for (const [id, resolve] of this.#waiting) resolve({ id, ok: false, title, detail });
    this.#waiting.clear();
  }
}

/** Has a service worker keep what is loaded from here on; without one, it works as long as there is a network. */
async function keepOffline(scripts: ScriptPolicy): Promise<void> {
  const container = navigator.serviceWorker;
  if (!container) return;
  try {
    await container.register(scripts.createScriptURL(SERVICE_WORKER), {
      scope: new URL('./', document.baseURI).pathname,
    });
    await container.ready;
    if (container.controller) return;
    await new Promise((resolve) => {
      container.addEventListener('controllerchange', resolve, { once: true });
      // A page that was loaded past its cache is never controlled.
      setTimeout(resolve, 5000);
    });
  } catch {
    // Private windows forbid it.
  }
}

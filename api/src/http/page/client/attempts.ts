import { write } from './element.ts';
import { NoAnswer } from './no-answer.ts';
import { clearProblem, showProblem } from './problem-view.ts';

/** What takes a while, one at a time: what is begun takes the place of what was begun before. */
export class Attempts {
  readonly #onProblem: () => void;
  #pending = new AbortController();
  #retry: (() => Promise<void>) | undefined;
  #ended = false;

  /** @param onProblem called before a problem is shown */
  constructor(onProblem: () => void) {
    this.#onProblem = onProblem;
  }

  /** Says what is being done while it is, and what goes wrong; `again` is what may be tried again then. */
  async run(
    saying: string,
    again: () => Promise<void>,
    act: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    this.abort();
    const { signal } = this.#pending;
    clearProblem();
    write('status', saying);
    try {
      await act(signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof NoAnswer)) throw error;
      this.#retry = again;
      this.complain(error);
    }
  }

  /** Says why there is no answer; the one before stays, where it is about the same photos. */
  readonly complain = (reason: unknown): void => {
    if (!(reason instanceof NoAnswer)) throw reason;
    if (this.#ended) return;
    write('status', '');
    this.#onProblem();
    showProblem(reason, this.#retry && (() => void this.#retry?.()));
  };

  /** Tries again what went wrong last. */
  retry(): void {
    void this.#retry?.();
  }

  /** Gives up what is under way. */
  abort(): void {
    this.#pending.abort();
    this.#pending = new AbortController();
  }

  /** Gives up what is under way, as it is about photos that are no longer there; `again` is what may be tried now. */
  reset(again?: () => Promise<void>): void {
    this.abort();
    this.#retry = again;
  }

  /** For good: the page has changed. */
  end(): void {
    this.reset();
    this.#ended = true;
  }
}

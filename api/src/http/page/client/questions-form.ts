import type { Query } from './device-messages.ts';
import { element, write } from './element.ts';
import { texts } from './texts.ts';

/** What is known of the patient, and the options: fields of one form, named as the query of a request. */
export class QuestionsForm {
  readonly #form = element('questions', HTMLFormElement);
  #asked = '';

  /** @param ask called when the lesion shall be scored with what the form says */
  constructor(ask: () => void) {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#form.reportValidity()) ask();
    });
    this.#form.addEventListener('input', () => this.#showChanges());
    element('prior', HTMLSelectElement).addEventListener('change', () => this.#showShares());
    this.#showShares();
  }

  /** What is asked for beside the photos: only what differs from what a request takes for granted. */
  get query(): Query {
    const entries = [...new FormData(this.#form)].flatMap(([name, value]) => {
      const text = String(value).trim();
      return text === '' ? [] : [[name, text] as const];
    });
    const { shares, ...query } = Object.fromEntries(entries) as Record<string, string>;
    return query.prior === 'custom'
      ? { ...query, prior: (shares ?? '').replaceAll(' ', '') }
      : query;
  }

  /** Remembers what an answer was asked with. */
  markAsked(query: Query): void {
    this.#asked = JSON.stringify(query);
    this.#showChanges();
  }

  /** The answer on the page is to what was asked, not to what the fields say now. */
  #showChanges(): void {
    const changed = this.#asked !== '' && JSON.stringify(this.query) !== this.#asked;
    write('questions-changed', changed ? texts.changed : '');
  }

  /** Forgets what was asked: there is no answer. */
  reset(): void {
    this.#asked = '';
    this.#showChanges();
  }

  #showShares(): void {
    const custom = element('prior', HTMLSelectElement).value === 'custom';
    const shares = element('shares', HTMLInputElement);
    element('shares-field', HTMLElement).hidden = !custom;
    shares.required = custom;
    shares.disabled = !custom;
  }
}

import { sentence } from './wording.ts';

/** Why there is no answer, in sentences. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly title: string;
  readonly detail: string;
  /** The same photo may get an answer later. */
  readonly again: boolean;
  /** The server wants a key, or another one. */
  readonly wantsKey: boolean;
  /** Id of the request in the server's log, where it has one. */
  readonly requestId: string | undefined;
  /** Of the texts, where it is not the page's own: problems are in English. */
  readonly language: string | undefined;

  constructor(
    title: string,
    detail: string,
    {
      status,
      requestId,
      language,
    }: { status?: number; requestId?: string; language?: string } = {},
  ) {
    super(title);
    this.title = sentence(title);
    this.detail = sentence(detail);
    this.again = status === undefined || status === 408 || status === 429 || status >= 500;
    this.wantsKey = status === 401;
    this.requestId = requestId;
    this.language = language;
  }
}

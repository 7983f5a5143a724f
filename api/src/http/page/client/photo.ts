/** A photo that the page was given. */
export interface Photo {
  readonly file: Blob;
  /** Of the file. */
  readonly name: string;
  /** When the file was last changed, as a day such as 2026-11-30: mostly when the photo was taken. */
  readonly takenOn: string;
  /** What an example is known to be. */
  readonly diagnosis?: string;
}

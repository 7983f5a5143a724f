import { element } from './element.ts';
import type { Photo } from './photo.ts';
import { texts } from './texts.ts';

/** What the page gets photos with. */
export interface PhotoHandler {
  /** Photos of another lesion than those before. */
  replace(photos: readonly Photo[]): void;
  /** Further photos of the same lesion. */
  add(photos: readonly Photo[]): void;
  refuse(title: string, detail: string): void;
}

/**
 * Photos that are chosen, taken with the camera, dropped, pasted, or come with the page.
 *
 * @param signal ends it
 */
export function listenForPhotos(handler: PhotoHandler, signal: AbortSignal): void {
  listenToInput('choose', (photos) => handler.replace(photos));
  listenToInput('camera', (photos) => handler.replace(photos));
  listenToInput('add', (photos) => handler.add(photos));
  listenForDrops(element('stage', HTMLElement), handler, signal);
  const paste = (event: ClipboardEvent) => {
    const files = event.clipboardData?.files;
    if (files && files.length > 0) handler.replace(photosOf(files));
  };
  document.addEventListener('paste', paste, { signal });
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-example]')) {
    button.addEventListener('click', () => takeExample(button.dataset, handler));
  }
}

function listenToInput(id: string, take: (photos: readonly Photo[]) => void): void {
  const input = element(id, HTMLInputElement);
  input.addEventListener('change', () => {
    const photos = photosOf(input.files);
    // So that choosing the same file again is a change.
    input.value = '';
    if (photos.length > 0) take(photos);
  });
}

/** Drops anywhere on the page, so that a near miss does not open the file in place of the page. */
function listenForDrops(stage: HTMLElement, handler: PhotoHandler, signal: AbortSignal): void {
  const listen = <K extends 'dragover' | 'dragleave' | 'drop'>(
    type: K,
    act: (event: DragEvent) => void,
  ) => document.addEventListener(type, act, { signal });
  listen('dragover', (event) => {
    event.preventDefault();
    stage.classList.toggle('dragged-over', hasFiles(event));
  });
  listen('dragleave', (event) => {
    if (event.relatedTarget === null) stage.classList.remove('dragged-over');
  });
  listen('drop', (event) => {
    event.preventDefault();
    stage.classList.remove('dragged-over');
    if (hasFiles(event)) handler.replace(photosOf(event.dataTransfer!.files));
    else handler.refuse(texts.problems.noFile, texts.problems.noFileDetail);
  });
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

function photosOf(files: FileList | null): Photo[] {
  return [...(files ?? [])].map((file) => ({
    file,
    name: file.name,
    takenOn: localDate(new Date(file.lastModified)),
  }));
}

async function takeExample({ example, name, diagnosis }: DOMStringMap, handler: PhotoHandler) {
  try {
    const response = await fetch(example!);
    if (!response.ok) throw new Error(response.statusText);
    const file = await response.blob();
    handler.replace([{ file, name: name!, takenOn: localDate(new Date()), diagnosis: diagnosis! }]);
  } catch {
    handler.refuse(texts.problems.noExample, texts.problems.noExampleDetail);
  }
}

/** The day as this device has it, such as 2026-11-30. */
function localDate(moment: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
}

import { element } from './element.ts';

/** What the page gets pictures with. */
export interface PictureHandler {
  /** @param diagnosis what an example is known to be */
  take(image: Blob, diagnosis?: string): void;
  refuse(title: string, detail: string): void;
}

/** Pictures that are chosen, taken with the camera, dropped, pasted, or come with the page. */
export function listenForPictures(handler: PictureHandler): void {
  for (const id of ['choose', 'camera']) {
    const input = element(id, HTMLInputElement);
    input.addEventListener('change', () => {
      takeOne(input.files, handler);
      // So that choosing the same file again is a change.
      input.value = '';
    });
  }
  listenForDrops(element('stage', HTMLElement), handler);
  document.addEventListener('paste', (event) => {
    const files = event.clipboardData?.files;
    if (files && files.length > 0) takeOne(files, handler);
  });
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-example]')) {
    button.addEventListener('click', () => takeExample(button.dataset, handler));
  }
}

/** Drops anywhere on the page, so that a near miss does not open the file in place of the page. */
function listenForDrops(stage: HTMLElement, handler: PictureHandler): void {
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    stage.classList.toggle('dragged-over', hasFiles(event));
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) stage.classList.remove('dragged-over');
  });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    stage.classList.remove('dragged-over');
    if (hasFiles(event)) takeOne(event.dataTransfer!.files, handler);
    else handler.refuse('That was not a file', 'drop the file itself, not a link to it');
  });
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

function takeOne(files: FileList | null, handler: PictureHandler): void {
  if (!files || files.length === 0) return;
  if (files.length > 1) {
    handler.refuse('One picture at a time', `${files.length} files came; send one of them`);
    return;
  }
  handler.take(files[0]!);
}

async function takeExample({ example, diagnosis }: DOMStringMap, handler: PictureHandler) {
  try {
    const response = await fetch(example!);
    if (!response.ok) throw new Error(response.statusText);
    handler.take(await response.blob(), diagnosis);
  } catch {
    handler.refuse('The example could not be loaded', 'check the connection and try again');
  }
}

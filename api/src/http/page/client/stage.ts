import { element, write } from './element.ts';

/** What stands where photos go. */
const PARTS = ['viewer', 'viewer-tools', 'no-preview', 'add-photos'];

/**
 * Makes room for a photo.
 *
 * @param more whether further photos of the lesion may be added
 */
export function showStage(more: boolean): void {
  element('stage-hint', HTMLElement).hidden = true;
  element('add-photos', HTMLElement).hidden = !more;
  element('viewer', HTMLElement).scrollIntoView({ block: 'nearest' });
}

/** Takes the photo and all that is said of it away. */
export function clearStage(): void {
  for (const id of ['status', 'map-note', 'diagnosis', 'print-head']) write(id, '');
  for (const id of PARTS) element(id, HTMLElement).hidden = true;
  element('stage-hint', HTMLElement).hidden = false;
}

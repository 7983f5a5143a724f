import { fill } from '../../../language/page/fill.ts';
import { Device } from './device.ts';
import type { Progress } from './device-messages.ts';
import { element, write } from './element.ts';
import { language, texts } from './texts.ts';

/** Where this device remembers the choice. */
const KEY = 'naevus-on-device';

/** Where photos are scored: on the server, or on this device. The choice is remembered. */
export class Place {
  readonly device: Device;
  readonly #choice = element('on-device', HTMLInputElement);
  readonly #progress = element('download', HTMLProgressElement);

  /**
   * @param onChange called with every other choice
   * @param device with the model already, perhaps of another version than the page
   */
  constructor(onChange: () => void, device?: Device) {
    const { version, sha256 } = this.#choice.dataset as { version: string; sha256: string };
    this.device = device?.model.sha256 === sha256 ? device : new Device({ version, sha256 });
    this.device.onProgress = (progress) => this.#showProgress(progress);
    if (Device.possible) element('on-device-choice', HTMLElement).hidden = false;
    this.#choice.checked = Device.possible && stored()?.getItem(KEY) === 'true';
    this.#choice.addEventListener('change', () => {
      try {
        stored()?.setItem(KEY, String(this.onDevice));
      } catch {
        // Not remembered, as a browser without storage has it.
      }
      this.#show();
      onChange();
    });
    this.#show();
  }

  get onDevice(): boolean {
    return this.#choice.checked;
  }

  /** Says where photos go, and what is not possible there. */
  #show(): void {
    const { dataset } = element('privacy', HTMLElement);
    write('privacy', this.onDevice ? dataset.device! : dataset.server!);
    // A device has the version that the page was served with.
    element('version', HTMLSelectElement).disabled = this.onDevice;
  }

  #showProgress({ loaded, total }: Progress): void {
    this.#progress.hidden = loaded >= total;
    this.#progress.max = total;
    this.#progress.value = loaded;
    const { format } = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
    const values = { loaded: format(loaded / 1e6), total: format(total / 1e6) };
    write('download-text', loaded >= total ? texts.loaded : fill(texts.loading, values));
  }
}

/** Undefined where the browser keeps nothing. */
function stored(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

const MOST = 8;
const STEP = 1.5;
/** How far an arrow key moves, as a share of what is seen. */
const MOVE = 0.1;

/**
 * Zooms and moves images inside of their frames, all of them alike: by wheel with Ctrl, by one and two pointers,
 * by double click, and by keys while the group has the focus.
 */
export class Zoom {
  readonly #group: HTMLElement;
  readonly #images: readonly HTMLElement[];
  readonly #pointers = new Map<number, { x: number; y: number }>();
  #scale = 1;
  /** Of the images' top left corner, as a share of their size: from 1 - scale to 0. */
  #x = 0;
  #y = 0;

  /**
   * @param group takes the focus and the keys
   * @param images each in a frame of its size that cuts off what is outside
   */
  constructor(group: HTMLElement, images: readonly HTMLElement[]) {
    this.#group = group;
    this.#images = images;
    group.addEventListener('keydown', (event) => this.#onKey(event));
    group.addEventListener('wheel', (event) => this.#onWheel(event), { passive: false });
    group.addEventListener('dblclick', (event) => this.by(STEP, this.#placeOf(event)));
    group.addEventListener('pointerdown', (event) => this.#onDown(event));
    group.addEventListener('pointermove', (event) => this.#onMove(event));
    for (const end of ['pointerup', 'pointercancel'] as const) {
      group.addEventListener(end, ({ pointerId }) => this.#pointers.delete(pointerId));
    }
    // Two fingers are for the image; one scrolls the page, unless there is something to move.
    for (const touch of ['touchstart', 'touchmove'] as const) {
      group.addEventListener(
        touch,
        (event) => {
          if (event.touches.length > 1 || this.#scale > 1) event.preventDefault();
        },
        { passive: false },
      );
    }
  }

  /** Shows the whole image again. */
  reset(): void {
    this.#scale = 1;
    this.#apply(0, 0);
  }

  /**
   * Zooms in by a factor above 1, or out.
   *
   * @param around the place that stays where it is, from 0 to 1
   */
  by(factor: number, around = { x: 0.5, y: 0.5 }): void {
    const before = this.#scale;
    this.#scale = Math.min(MOST, Math.max(1, before * factor));
    const ratio = this.#scale / before;
    this.#apply(around.x - (around.x - this.#x) * ratio, around.y - (around.y - this.#y) * ratio);
  }

  /** One step in, or out. */
  step(direction: 1 | -1): void {
    this.by(direction > 0 ? STEP : 1 / STEP);
  }

  #apply(x: number, y: number): void {
    this.#x = Math.min(0, Math.max(1 - this.#scale, x));
    this.#y = Math.min(0, Math.max(1 - this.#scale, y));
    const transform = `translate(${100 * this.#x}%, ${100 * this.#y}%) scale(${this.#scale})`;
    for (const image of this.#images) image.style.transform = transform;
    this.#group.classList.toggle('zoomed', this.#scale > 1);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.#group) return;
    const { key } = event;
    if (key === '+' || key === '=') this.step(1);
    else if (key === '-') this.step(-1);
    else if (key === '0') this.reset();
    // Where there is nothing to move, arrows scroll the page.
    else if (this.#scale > 1 && key === 'ArrowLeft') this.#apply(this.#x + MOVE, this.#y);
    else if (this.#scale > 1 && key === 'ArrowRight') this.#apply(this.#x - MOVE, this.#y);
    else if (this.#scale > 1 && key === 'ArrowUp') this.#apply(this.#x, this.#y + MOVE);
    else if (this.#scale > 1 && key === 'ArrowDown') this.#apply(this.#x, this.#y - MOVE);
    else return;
    event.preventDefault();
  }

  #onWheel(event: WheelEvent): void {
    // Without a modifier, the wheel scrolls the page. A trackpad's pinch comes with ctrlKey.
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.by(Math.exp(-event.deltaY / 300), this.#placeOf(event));
  }

  #onDown(event: PointerEvent): void {
    if (event.pointerType === 'mouse' && event.button !== 0) return;
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.#scale > 1) this.#group.setPointerCapture(event.pointerId);
  }

  #onMove(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const { width, height } = this.#frameOf(event).getBoundingClientRect();
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.#pointers.set(event.pointerId, now);
    if (other)
      this.by(distance(now, other) / Math.max(1, distance(before, other)), this.#placeOf(event));
    else if (this.#scale > 1) {
      this.#apply(this.#x + (now.x - before.x) / width, this.#y + (now.y - before.y) / height);
    }
  }

  /** Where in its frame something happened, from 0 to 1. */
  #placeOf(event: MouseEvent): { x: number; y: number } {
    const { left, top, width, height } = this.#frameOf(event).getBoundingClientRect();
    return { x: (event.clientX - left) / width, y: (event.clientY - top) / height };
  }

  /** The frame of the image under the pointer; of a captured pointer, the first. */
  #frameOf({ clientX, clientY }: MouseEvent): HTMLElement {
    const frames = this.#images.map((image) => image.parentElement!);
    const under = frames.find((frame) => {
      const { left, right, top, bottom } = frame.getBoundingClientRect();
      return clientX >= left && clientX <= right && clientY >= top && clientY <= bottom;
    });
    return under ?? frames.find((frame) => frame.clientWidth > 0) ?? frames[0]!;
  }
}

function distance(a: { x: number; y: number }, b: { x: number; y: number }): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

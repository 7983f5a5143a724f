/** Sends the forms of the page to this server, and shows what it answers. */
for (const form of document.querySelectorAll<HTMLFormElement>('form.try')) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void send(form);
  });
}
document.querySelector('#key-form')!.addEventListener('submit', (event) => event.preventDefault());
addEventListener('hashchange', unfold);
unfold();

/** Opens what a link leads to. */
function unfold(): void {
  const target = document.getElementById(location.hash.slice(1));
  if (!(target instanceof HTMLDetailsElement)) return;
  target.open = true;
  target.scrollIntoView();
}

async function send(form: HTMLFormElement): Promise<void> {
  const place = document.getElementById(form.dataset.result!)!;
  place.textContent = 'Waiting for the answer…';
  const start = performance.now();
  try {
    const response = await fetch(...requestOf(form));
    const milliseconds = Math.round(performance.now() - start);
    const type = response.headers.get('Content-Type') ?? '';
    const line = document.createElement('p');
    line.textContent = `${response.status} ${response.statusText}, ${type}, ${milliseconds} ms`;
    place.replaceChildren(line, await contentOf(response, type));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    place.textContent = `There is no answer: ${text}. Check that the server runs and the file still exists.`;
  }
}

function requestOf(form: HTMLFormElement): [string, RequestInit] {
  const { method, path, body, headers: fixed } = form.dataset;
  const headers = new Headers(JSON.parse(fixed!) as Record<string, string>);
  const key = document.querySelector<HTMLInputElement>('#key')!.value.trim();
  if (key) headers.set('Authorization', `Bearer ${key}`);
  const accept = form.querySelector<HTMLSelectElement>('[name=accept]')?.value;
  if (accept) headers.set('Accept', accept);
  let url = path!.slice(1);
  const query = new URLSearchParams();
  for (const field of form.querySelectorAll<HTMLInputElement>('[data-in]')) {
    if (field.dataset.in === 'path') {
      url = url.replace(`{${field.name}}`, encodeURIComponent(field.value));
    } else if (field.value !== '') query.append(field.name, field.value);
  }
  const files = [...(form.querySelector<HTMLInputElement>('[type=file]')?.files ?? [])];
  const request: RequestInit = { method: method!, headers };
  if (body === 'file') {
    request.body = files[0]!.slice(0, files[0]!.size, 'application/octet-stream');
  }
  if (body === 'form') {
    const data = new FormData();
    for (const file of files) data.append('image', file);
    request.body = data;
  }
  return [query.size > 0 ? `${url}?${query}` : url, request];
}

/** JSON with its lines, an image as one, other text as it is. */
async function contentOf(response: Response, type: string): Promise<HTMLElement> {
  if (type.startsWith('image/')) {
    const bitmap = await createImageBitmap(await response.blob());
    const canvas = document.createElement('canvas');
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `The answer: an image of ${bitmap.width} × ${bitmap.height}`);
    canvas.getContext('2d')!.drawImage(bitmap, 0, 0);
    return canvas;
  }
  const text = await response.text();
  const shown = document.createElement('pre');
  // Long ones scroll, by the keyboard too.
  shown.className = 'answer';
  shown.tabIndex = 0;
  shown.setAttribute('role', 'region');
  shown.setAttribute('aria-label', `The answer of ${new URL(response.url).pathname}`);
  try {
    shown.textContent = JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    shown.textContent = text;
  }
  return shown;
}

const { tus } = window;

export const endpoint = new URL('files', document.baseURI).href;

// After these the row offers to go on by hand.
const RETRY_DELAYS = [0, 1000, 2000, 4000, 8000, 15000, 30000];

// The rate is taken over the last few seconds, so that it is steady and still follows.
const RATE_WINDOW = 4000;

/**
 * One file on its way. Its state is `waiting`, `sending`, `retrying`, `paused`, `failed` or
 * `finished`; every change is a `change` event.
 */
export class Transfer extends EventTarget {
  state = 'waiting';
  sent = 0;
  error = '';
  #samples = [];
  #upload;

  constructor(file) {
    super();
    this.file = file;
    this.#upload = new tus.Upload(file, {
      endpoint,
      retryDelays: RETRY_DELAYS,
      removeFingerprintOnSuccess: true,
      metadata: { filename: file.name, filetype: file.type },
      onProgress: (sent) => this.#progress(sent),
      onShouldRetry: (error) => this.#retries(error),
      onSuccess: () => this.#finish(),
      onError: (error) => this.#fail(error),
    });
  }

  get url() {
    return this.#upload.url;
  }

  /** Bytes a second; 0 until there is something to measure. */
  get rate() {
    const now = performance.now();
    const first = this.#samples.find(({ time }) => now - time < RATE_WINDOW);
    return first && now > first.time ? ((this.sent - first.sent) / (now - first.time)) * 1000 : 0;
  }

  isSameFile(file) {
    return ['name', 'size', 'lastModified'].every((key) => this.file[key] === file[key]);
  }

  /** What the browser remembers of an earlier try at the same file, if it does. */
  async findPrevious() {
    const found = await this.#upload.findPreviousUploads();
    return found.sort(byNewest)[0];
  }

  continueFrom(previous) {
    this.#upload.resumeFromPreviousUpload(previous);
  }

  start() {
    this.#samples = [];
    this.#become('sending');
    this.#upload.start();
  }

  /** Puts a paused or failed transfer back in line. */
  wait() {
    this.#become('waiting');
  }

  async pause() {
    this.#become('paused');
    await this.#upload.abort();
  }

  /** Stops for good, and lets the server forget what it has. */
  async cancel() {
    this.#become('cancelled');
    await this.#upload.abort(true);
  }

  #progress(sent) {
    const now = performance.now();
    this.sent = sent;
    this.#samples = this.#samples.filter(({ time }) => now - time < RATE_WINDOW);
    this.#samples.push({ time: now, sent });
    if (this.state === 'retrying') {
      this.#become('sending');
    }
  }

  #retries(error) {
    const retries = isTemporary(error);
    if (retries && this.state === 'sending') {
      this.#become('retrying');
    }
    return retries;
  }

  #finish() {
    this.sent = this.file.size;
    this.#become('finished');
  }

  #fail(error) {
    this.error = describe(error);
    this.#become('failed');
  }

  #become(state) {
    this.state = state;
    this.dispatchEvent(new Event('change'));
  }
}

/** The uploads to this server that this browser began and did not finish, the newest first. */
export async function unfinishedUploads() {
  const all = await tus.defaultOptions.urlStorage.findAllUploads();
  return all.filter(({ urlStorageKey }) => urlStorageKey.includes(`-${endpoint}::`)).sort(byNewest);
}

export function forget(previous) {
  return tus.defaultOptions.urlStorage.removeUpload(previous.urlStorageKey);
}

export function terminate(url) {
  return tus.Upload.terminate(url);
}

function byNewest(a, b) {
  return new Date(b.creationTime) - new Date(a.creationTime);
}

function statusOf(error) {
  return error.originalResponse?.getStatus() ?? 0;
}

function isTemporary(error) {
  const status = statusOf(error);
  return status < 400 || status >= 500 || status === 409 || status === 423;
}

function describe(error) {
  const status = statusOf(error);
  if (status === 0) {
    return 'The server cannot be reached.';
  }
  const body = error.originalResponse.getBody().trim();
  return `The server refused the file (${status})${body ? `: ${body.slice(0, 200)}` : '.'}`;
}

const { tus } = window;

const endpoint = new URL('me/avatar', document.baseURI).href;
const RETRY_DELAYS = [0, 1000, 2000, 4000, 8000, 15000];

/**
 * A picture on its way to the endpoint. Its state is `sending`, `retrying`, `paused`, `failed` or
 * `finished`; every change and every step is a `change` event.
 */
export class PictureUpload extends EventTarget {
  state = 'sending';
  sent = 0;
  /** The server's words, once it has failed. */
  error = '';
  /** What the method returned, once it is finished; an answer that was lost on its way has none. */
  avatar;
  #upload;

  /** @param token of the session; none for nobody */
  constructor(file, token) {
    super();
    this.file = file;
    this.#upload = new tus.Upload(file, {
      endpoint,
      headers: token ? { Authorization: `Bearer ${token}` } : {},
      metadata: { filename: file.name, filetype: file.type },
      retryDelays: RETRY_DELAYS,
      removeFingerprintOnSuccess: true,
      onProgress: (sent) => this.#become('sending', { sent }),
      onShouldRetry: (error) => this.#retries(error),
      onSuccess: ({ lastResponse }) => this.#finish(lastResponse.getBody()),
      onError: (error) => this.#become('failed', { error: wordsOf(error) }),
    });
  }

  /** Begins, or goes on with what an earlier visit began. */
  async start() {
    const [previous] = await this.#upload.findPreviousUploads();
    if (previous) {
      this.#upload.resumeFromPreviousUpload(previous);
    }
    this.resume();
  }

  resume() {
    this.#become('sending');
    this.#upload.start();
  }

  async pause() {
    this.#become('paused');
    await this.#upload.abort();
  }

  /** Stops for good, and lets the server forget what it has. */
  async cancel() {
    await this.#upload.abort(true);
  }

  #finish(body) {
    this.#become('finished', { sent: this.file.size, avatar: body ? JSON.parse(body) : undefined });
  }

  #retries(error) {
    const status = error.originalResponse?.getStatus() ?? 0;
    const retries = status < 400 || status >= 500 || status === 409 || status === 423;
    if (retries) {
      this.#become('retrying');
    }
    return retries;
  }

  #become(state, changes) {
    Object.assign(this, { state }, changes);
    this.dispatchEvent(new Event('change'));
  }
}

/** Guards and pipes answer in JSON, the tus server in plain text. */
function wordsOf({ originalResponse: response }) {
  if (!response) {
    return 'The server cannot be reached.';
  }
  const body = response.getBody().trim();
  const isJson = response.getHeader('Content-Type')?.startsWith('application/json');
  return isJson ? JSON.parse(body).message : body || `The server answered ${response.getStatus()}.`;
}

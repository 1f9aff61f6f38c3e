const { tus } = window;

export const endpoint = new URL('upload', document.baseURI).href;

const RETRY_DELAYS = [0, 1000, 2000, 4000, 8000, 15000];

/**
 * A file on its way. Its state is `sending`, `retrying`, `paused`, `failed` or `finished`; every
 * change and every step is a `change` event.
 */
class Sending extends EventTarget {
  state = 'sending';
  sent = 0;
  /** The server's words, once it has failed. */
  error = '';

  constructor(file) {
    super();
    this.file = file;
  }

  become(state, changes) {
    Object.assign(this, { state }, changes);
    this.dispatchEvent(new Event('change'));
  }
}

/** An upload by tus-js-client, in one of the protocols that it speaks. */
class ResumableSending extends Sending {
  canPause = true;
  #upload;

  constructor(file, protocol) {
    super(file);
    this.#upload = new tus.Upload(file, {
      endpoint,
      protocol,
      metadata: { filename: file.name, filetype: file.type },
      retryDelays: RETRY_DELAYS,
      storeFingerprintForResuming: false,
      onProgress: (sent) => this.become('sending', { sent }),
      onShouldRetry: (error) => this.#retries(error),
      onSuccess: () => this.become('finished', { sent: file.size }),
      onError: (error) => this.become('failed', { error: wordsOf(error) }),
    });
  }

  start() {
    this.become('sending');
    this.#upload.start();
  }

  async pause() {
    this.become('paused');
    await this.#upload.abort();
  }

  #retries({ originalResponse }) {
    const status = originalResponse?.getStatus() ?? 0;
    const retries = status < 400 || status >= 500 || status === 409 || status === 423;
    if (retries) {
      this.become('retrying');
    }
    return retries;
  }
}

/** A plain POST: the file is the body, and that is all. */
class PlainSending extends Sending {
  canPause = false;

  async start() {
    this.become('sending');
    const name = encodeURIComponent(this.file.name);
    const headers = { 'Content-Disposition': `attachment; filename*=UTF-8''${name}` };
    try {
      const response = await fetch(endpoint, { method: 'POST', body: this.file, headers });
      if (!response.ok) throw new Error(`The server answered ${response.status}.`);
      this.become('finished', { sent: this.file.size });
    } catch (error) {
      this.become('failed', { error: error.message });
    }
  }
}

/** @param way `fetch`, or what tus-js-client calls the protocol */
export function sendingOf(file, way) {
  return way === 'fetch' ? new PlainSending(file) : new ResumableSending(file, way);
}

function wordsOf({ originalResponse: response }) {
  if (!response) {
    return 'The server cannot be reached.';
  }
  const isProblem = response.getHeader('Content-Type')?.startsWith('application/problem+json');
  const { title, detail } = isProblem ? JSON.parse(response.getBody()) : {};
  return detail ?? title ?? `The server answered ${response.getStatus()}.`;
}

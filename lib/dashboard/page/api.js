const BASE = new URL('../api/', import.meta.url);

/** The app has answered that something cannot be done, or has not answered. */
export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }

  /** Whether the password, or the session, counts no more. */
  get isRefused() {
    return this.status === 401 || this.status === 403;
  }
}

export function get(path, query) {
  return ask(path, query, { method: 'GET' });
}

/** Changes something; the header tells that this page asks. */
export function post(path, query) {
  return ask(path, query, { method: 'POST', headers: { 'X-Tus-Dashboard': '1' } });
}

async function ask(path, query = {}, options) {
  const url = new URL(path, BASE);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') url.searchParams.set(name, value);
  }
  const response = await fetch(url, { cache: 'no-store', ...options }).catch(() => {
    throw new ApiError('The app does not answer.');
  });
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  const message = [body.message].flat().filter(Boolean).join(' ');
  throw new ApiError(message || `The app has answered ${response.status}.`, response.status);
}

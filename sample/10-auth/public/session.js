/** Seconds before its end at which a token is replaced. */
const EARLY = 3;

/** Who is signed in, with a token that is never near its end when a request takes it. */
export class Session {
  /** How many tokens there have been. */
  renewals = 0;
  #token;
  #renewing;

  constructor(user) {
    this.user = user;
  }

  /** A token that is still good for some seconds. Requests that ask at once share one renewal. */
  async token() {
    if (this.#token && expiryOf(this.#token) - Date.now() / 1000 > EARLY) {
      return this.#token;
    }
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #renew() {
    const response = await fetch(`sessions/${this.user}`, { method: 'POST' });
    if (!response.ok) {
      throw new Error(`Signing in failed: ${response.status}`);
    }
    const { token, tenant } = await response.json();
    this.#token = token;
    this.tenant = tenant;
    this.renewals += 1;
    return token;
  }
}

/** When a token expires, in seconds since the epoch; the server alone checks its signature. */
function expiryOf(token) {
  const [, payload] = token.split('.');
  return JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))).exp;
}

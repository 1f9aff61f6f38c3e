import { assertFromPage } from '../../../lib/dashboard/own-page.js';

const OWN = { 'x-tus-dashboard': '1' };

function passes(headers: Record<string, string>, host = 'app.example:3000'): boolean {
  try {
    assertFromPage({ headers, host });
    return true;
  } catch (error) {
    expect(error).toMatchObject({ status: 403 });
    return false;
  }
}

describe('A request that changes something', () => {
  it('must have the header of the page', () => {
    expect(passes({ 'sec-fetch-site': 'same-origin' })).toBe(false);
    expect(passes({ ...OWN, 'sec-fetch-site': 'same-origin' })).toBe(true);
  });

  it('must be of the same origin where the browser says so, whatever its Origin is', () => {
    for (const site of ['cross-site', 'same-site', 'none', '']) {
      const origin = 'http://app.example:3000';
      expect(passes({ ...OWN, 'sec-fetch-site': site, origin })).toBe(false);
    }
  });

  it('must be of the same host where the browser tells only its Origin', () => {
    expect(passes({ ...OWN, origin: 'http://app.example:3000' })).toBe(true);
    expect(passes({ ...OWN, origin: 'https://app.example' }, 'app.example')).toBe(true);
    for (const origin of ['http://app.example:3001', 'https://evil.example', 'null', 'x']) {
      expect(passes({ ...OWN, origin })).toBe(false);
    }
  });

  it('may be of a client that is no browser', () => {
    expect(passes(OWN)).toBe(true);
  });
});

import {
  ALL_EXTENSIONS,
  allowedMethods,
  assertNotOverridden,
  methodNotAllowed,
  METHODS,
  overriddenMethod,
} from '../../../lib/protocol/index.js';
import type { TusExtension } from '../../../lib/protocol/index.js';
import { refusal, refusedStatus } from './refusal.js';

function overridden(...lines: string[]): string | undefined {
  return overriddenMethod({ 'x-http-method-override': lines });
}

describe('overriddenMethod', () => {
  it('says nothing without the header', () => {
    expect(overriddenMethod({})).toBeUndefined();
  });

  it.each(METHODS)('reads %s in any case and with blanks around', (method) => {
    expect(overridden(method)).toBe(method);
    expect(overridden(method.toLowerCase())).toBe(method);
    expect(overridden(` ${method}\t`)).toBe(method);
  });

  it.each(['', 'PUT', 'TRACE', 'CONNECT', 'PATCH, PATCH', 'PAT\0CH', '__proto__', 'constructor'])(
    'answers 405 with what is allowed to %j',
    (value) => {
      expect(refusal(() => overridden(value))).toMatchObject({
        status: 405,
        headers: { Allow: 'GET, HEAD, POST, PATCH, DELETE, OPTIONS' },
      });
    },
  );

  it('answers 400 to several lines', () => {
    expect(refusedStatus(() => overridden('PATCH', 'PATCH'))).toBe(400);
  });
});

describe('assertNotOverridden', () => {
  const assert = (method: string, ...lines: string[]) =>
    assertNotOverridden({ 'x-http-method-override': lines }, method);

  it('lets pass what says nothing, or the same', () => {
    expect(() => assertNotOverridden({}, 'POST')).not.toThrow();
    expect(() => assert('PATCH', 'PATCH')).not.toThrow();
    expect(() => assert('PATCH', ' patch ')).not.toThrow();
  });

  it.each([
    ['POST', 'PATCH'],
    ['PATCH', 'DELETE'],
    ['GET', 'HEAD'],
    ['DELETE', 'OPTIONS'],
  ])('answers 400 to a %s that is meant as %s, and says why', (method, meant) => {
    const error = refusal(() => assert(method, meant));

    expect(error.status).toBe(400);
    expect(error.message).toContain('X-HTTP-Method-Override');
    expect(error.message).toContain(method);
    expect(error.message).toContain(meant);
  });

  it('answers as ever to what is no method, or several', () => {
    expect(refusedStatus(() => assert('POST', 'TRACE'))).toBe(405);
    expect(refusedStatus(() => assert('POST', 'POST', 'POST'))).toBe(400);
  });
});

describe('allowedMethods', () => {
  it('follows the extensions', () => {
    const all = { extensions: new Set(ALL_EXTENSIONS) };
    const none = { extensions: new Set<TusExtension>() };
    expect(allowedMethods(all, 'creation')).toBe('OPTIONS, POST');
    expect(allowedMethods(all, 'upload')).toBe('OPTIONS, HEAD, PATCH, DELETE');
    expect(allowedMethods(none, 'creation')).toBe('OPTIONS');
    expect(allowedMethods(none, 'upload')).toBe('OPTIONS, HEAD, PATCH');
  });

  it('has GET on an upload where downloads are offered', () => {
    const rules = { extensions: new Set<TusExtension>(), download: true };
    expect(allowedMethods(rules, 'upload')).toBe('OPTIONS, HEAD, PATCH, GET');
    expect(allowedMethods(rules, 'creation')).toBe('OPTIONS');
  });
});

describe('methodNotAllowed', () => {
  it('is a 405 with Allow', () => {
    const error = methodNotAllowed('OPTIONS, POST');
    expect(error).toMatchObject({ status: 405, headers: { Allow: 'OPTIONS, POST' } });
    expect(error.message).toContain('OPTIONS, POST');
  });
});

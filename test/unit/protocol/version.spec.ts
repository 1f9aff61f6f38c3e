import { assertVersion, TUS_VERSION } from '../../../lib/protocol/index.js';
import { refusal } from './refusal.js';

describe('assertVersion', () => {
  it('accepts exactly one line with 1.0.0', () => {
    expect(() => assertVersion({ 'tus-resumable': ['1.0.0'] })).not.toThrow();
  });

  it.each([
    [[]],
    [['']],
    [['0.2.2']],
    [['1.0']],
    [['1.0.0 ']],
    [['1.0.0\0']],
    [['v1.0.0']],
    [['1.0.0, 1.0.0']],
    [['1.0.0', '1.0.0']],
    [['1.0.0', '0.2.2']],
  ])('answers 412 with the version it speaks to the lines %j', (lines) => {
    const error = refusal(() => assertVersion({ 'tus-resumable': lines }));
    expect(error.status).toBe(412);
    expect(error.headers).toEqual({ 'Tus-Version': TUS_VERSION });
    expect(error.message).toContain('Tus-Resumable');
  });

  it('answers 412 to a request without the header', () => {
    expect(refusal(() => assertVersion({})).status).toBe(412);
  });
});

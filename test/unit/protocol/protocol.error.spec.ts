import { ProtocolError } from '../../../lib/protocol/index.js';

describe('ProtocolError', () => {
  it('carries status, message, headers and cause', () => {
    const cause = new Error('below');
    const error = new ProtocolError(409, 'No.', { 'Upload-Offset': '5' }, { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('ProtocolError');
    expect(error.status).toBe(409);
    expect(error.message).toBe('No.');
    expect(error.headers).toEqual({ 'Upload-Offset': '5' });
    expect(error.cause).toBe(cause);
  });

  it('has no headers and no cause unless given', () => {
    const error = new ProtocolError(400, 'No.');
    expect(error.headers).toEqual({});
    expect(error).not.toHaveProperty('cause');
  });
});

import { refuseChecksum, refuseConcatenation } from '../../../lib/protocol/index.js';
import { refusal } from './refusal.js';

describe('headers of extensions that are not offered', () => {
  it('lets requests pass that do not have them', () => {
    expect(() => refuseChecksum({ 'upload-offset': ['0'] })).not.toThrow();
    expect(() => refuseConcatenation({ 'upload-offset': ['0'] })).not.toThrow();
  });

  it.each([[['sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=']], [['']], [['a', 'b']]])(
    'refuses the checksum %j',
    (lines) => {
      const error = refusal(() => refuseChecksum({ 'upload-checksum': lines }));
      expect(error.status).toBe(400);
      expect(error.message).toBe('Upload-Checksum is not accepted: checksum is not offered.');
    },
  );

  it.each([[['partial']], [['final;/files/a /files/b']], [['']], [['partial', 'partial']]])(
    'refuses the concatenation %j',
    (lines) => {
      const error = refusal(() => refuseConcatenation({ 'upload-concat': lines }));
      expect(error.status).toBe(400);
      expect(error.message).toContain('Upload-Concat');
    },
  );
});

import {
  FileChangedError,
  FolderLostError,
  NoSpaceError,
  RegistryUnavailableError,
  StorageFaultError,
  UploadIdTakenError,
} from '../../../../lib/errors/index.js';
import { toTusException } from '../../../../lib/http/response/tus-statuses.js';
import { TusException } from '../../../../lib/http/response/tus.exception.js';
import { ProtocolError } from '../../../../lib/protocol/index.js';
import {
  ChecksumMismatchError,
  FinalUploadError,
  LengthMismatchError,
  NoFileError,
  NoRoomError,
  OffsetMismatchError,
  ShuttingDownError,
  TooManyAppendsError,
  TooManyUploadsError,
  TypeNotAllowedError,
  UnusablePartError,
  UploadBusyError,
  UploadGoneError,
  UploadNotFoundError,
  UploadTooLargeError,
} from '../../../../lib/uploads/index.js';

describe('toTusException', () => {
  it.each<[number, Error]>([
    [400, new LengthMismatchError('The length is 3.')],
    [400, new UnusablePartError('There is no part.')],
    [403, new FinalUploadError()],
    [404, new UploadNotFoundError('a')],
    [404, new NoFileError('a', 'it was removed')],
    [409, new UploadIdTakenError('a')],
    [410, new UploadGoneError('a', 'expired')],
    [413, new UploadTooLargeError('Too large.')],
    [415, new TypeNotAllowedError('No text.')],
    [460, new ChecksumMismatchError('md5')],
    [507, new NoRoomError()],
    [507, new NoSpaceError()],
  ])('tells %d with the words of %p', (status, error) => {
    const exception = toTusException(error);
    expect(exception).toMatchObject({ message: error.message, headers: {}, cause: error });
    expect(exception?.getStatus()).toBe(status);
  });

  it.each<[number, string, Error]>([
    [423, '1', new UploadBusyError('a')],
    [429, '60', new TooManyUploadsError('Two at a time.')],
    [503, '1', new ShuttingDownError()],
    [503, '5', new TooManyAppendsError()],
    [503, '5', new FolderLostError()],
    [503, '5', new RegistryUnavailableError()],
    [503, '10', new StorageFaultError()],
  ])('tells %d, and to come back after %s s, for %p', (status, seconds, error) => {
    const exception = toTusException(error);
    expect(exception?.headers).toEqual({ 'Retry-After': seconds });
    expect(exception?.getStatus()).toBe(status);
  });

  it('tells the right offset', () => {
    const exception = toTusException(new OffsetMismatchError(3, 5));
    expect(exception?.headers).toEqual({ 'Upload-Offset': '5' });
    expect(exception?.getStatus()).toBe(409);
  });

  it('keeps to itself what is wrong with a file', () => {
    const exception = toTusException(new FileChangedError('secret', 'was removed'));
    expect(exception?.message).toBe('The file is not what was uploaded.');
    expect(exception?.getStatus()).toBe(500);
  });

  it('takes the status of a ProtocolError, and leaves a TusException as it is', () => {
    const refusal = new ProtocolError(412, 'Another version.', { 'Tus-Version': '1.0.0' });
    const exception = toTusException(refusal);
    expect(exception).toMatchObject({ message: refusal.message, headers: refusal.headers });
    expect(exception?.getStatus()).toBe(412);
    const own = new TusException(500, 'The body was read.');
    expect(toTusException(own)).toBe(own);
  });

  it.each([new Error('any'), new RangeError('a cursor'), 'a text', undefined])(
    'knows nothing of %p',
    (error) => {
      expect(toTusException(error)).toBeUndefined();
    },
  );
});

import { ConflictException } from '@nestjs/common';
import { EMPTY, firstValueFrom, throwError } from 'rxjs';
import { NoSpaceError } from '../../../../lib/errors/index.js';
import {
  answering,
  answering$,
  withoutStatus,
  withStatus,
} from '../../../../lib/http/response/error-status.js';
import { ProtocolError } from '../../../../lib/protocol/index.js';
import {
  NoFileError,
  TooManyAppendsError,
  UploadBusyError,
  UploadGoneError,
  UploadNotFoundError,
} from '../../../../lib/uploads/index.js';

const ERRORS: [number, Error][] = [
  [404, new UploadNotFoundError('a')],
  [410, new UploadGoneError('a', 'expired')],
  [409, new NoFileError('a', 'it was removed')],
  [423, new UploadBusyError('a')],
  [503, new TooManyAppendsError()],
  [507, new NoSpaceError()],
  [413, new ProtocolError(413, 'Too long.')],
];

describe('withStatus', () => {
  it.each(ERRORS)('is %d in the manner of http-errors for %p', (status, error) => {
    expect(withStatus(error)).toBe(error);
    expect(error).toMatchObject({ status, statusCode: status, expose: true });
    expect(withStatus(error)).toBe(error);
  });

  it.each([new Error('any'), new RangeError('a cursor'), new ConflictException(), 'a text', null])(
    'leaves %p alone',
    (error) => {
      expect(withStatus(error)).toBe(error);
      expect(Object(error)).not.toHaveProperty('statusCode');
      expect(Object(error)).not.toHaveProperty('expose');
    },
  );

  it('can be taken back', () => {
    const error = new UploadNotFoundError('a');

    expect(withoutStatus(withStatus(error))).toBe(error);
    for (const name of ['status', 'statusCode', 'expose']) expect(error).not.toHaveProperty(name);
  });
});

describe('answering', () => {
  it('passes on what work brings', async () => {
    expect(await answering(Promise.resolve(7))).toBe(7);
    await expect(firstValueFrom(answering$(EMPTY), { defaultValue: 8 })).resolves.toBe(8);
  });

  it('gives what it throws a status', async () => {
    const error = new UploadNotFoundError('a');
    const other = new UploadBusyError('b');

    await expect(answering(Promise.reject(error))).rejects.toBe(error);
    await expect(firstValueFrom(answering$(throwError(() => other)))).rejects.toBe(other);
    expect([error, other]).toMatchObject([{ statusCode: 404 }, { statusCode: 423 }]);
  });
});

import { constants, tmpdir } from 'node:os';
import { NoSpaceError, UnfitFolderError } from '../../../lib/errors/index.js';
import { explainFailure, explainOpening } from '../../../lib/registry/lmdb/lmdb.errors.js';
import { watchUnhandledRejections } from '../../support/process-watch.js';

const { ENOSPC, EDQUOT, EIO, EACCES } = constants.errno;

function withCode(code: unknown): Error {
  return Object.assign(new Error(`code ${String(code)}`), { code });
}

describe('the reason why the registry could not be written', () => {
  it.each([ENOSPC, EDQUOT, -30792, 'ENOSPC', 'EDQUOT'])('is no space for code %p', async (code) => {
    const error = withCode(code);
    const explained = await explainFailure(error, tmpdir());
    expect(explained).toBeInstanceOf(NoSpaceError);
    expect((explained as NoSpaceError).cause).toBe(error);
  });

  it('is no space for a number that libuv has no name for', async () => {
    const code = `Unknown system error -${EDQUOT}`;
    const error = Object.assign(withCode(code), { errno: -EDQUOT });
    expect(await explainFailure(error, tmpdir())).toBeInstanceOf(NoSpaceError);
    const other = Object.assign(withCode('EACCES'), { errno: -EACCES });
    expect(await explainFailure(other, tmpdir())).toBe(other);
  });

  it('is told as it is when it is another one', async () => {
    for (const error of [withCode(EACCES), withCode('EACCES'), new Error('x'), undefined, 'x']) {
      expect(await explainFailure(error, tmpdir())).toBe(error);
    }
  });

  it('is a failing disk, not a full one, when a write fails though there is room', async () => {
    const error = withCode(EIO);
    expect(await explainFailure(error, tmpdir())).toBe(error);
  });

  it('is taken from the promise a failed commit comes with, which is handled by that', async () => {
    const watch = watchUnhandledRejections();
    const reason = withCode(ENOSPC);
    const commitError = Promise.reject(reason);
    const error = Object.assign(new Error('Commit failed'), { commitError });
    const explained = await explainFailure(error, tmpdir());
    await new Promise((resolve) => setImmediate(resolve));
    watch.stop();
    expect(explained).toBeInstanceOf(NoSpaceError);
    expect((explained as NoSpaceError).cause).toBe(reason);
    expect(watch.reasons).toEqual([]);
  });
});

describe('the reason why the registry could not be opened', () => {
  it('is that too many processes read it for LMDB’s code of that', async () => {
    const error = withCode(-30790);
    const explained = await explainOpening(error, tmpdir());
    expect(explained).toBeInstanceOf(UnfitFolderError);
    expect((explained as Error).message).toContain(tmpdir());
    expect((explained as Error).cause).toBe(error);
  });

  it('is told as it is when it is another one', async () => {
    for (const error of [withCode(EACCES), new TypeError('x is not a function'), undefined, 'x']) {
      expect(await explainOpening(error, tmpdir())).toBe(error);
    }
  });
});

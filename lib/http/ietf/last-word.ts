import { HttpException } from '@nestjs/common';
import { completenessHeader, type IetfDialect } from '../../protocol/index.js';
import { isRefusal, UploadRefusedError } from '../../uploads/index.js';
import type { Exchange } from '../request/exchange.js';
import { TusException } from '../response/tus.exception.js';

/**
 * Does some work in which the app has a say. What it refuses with is its last word on the upload, so the
 * answer says that nothing can follow (draft §Upload Creation, Examples).
 */
export async function heedingApp<T>(
  { res }: Exchange,
  { intent, profile }: IetfDialect,
  work: Promise<T>,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (intent === 'resumable' && isLastWord(error)) {
      const [field] = Object.entries(completenessHeader(true, profile));
      if (field) res.setHeader(...field);
    }
    throw error;
  }
}

function isLastWord(error: unknown): boolean {
  if (error instanceof UploadRefusedError) return true;
  const isTheApps = error instanceof HttpException && !(error instanceof TusException);
  return isTheApps && isRefusal(error.getStatus());
}

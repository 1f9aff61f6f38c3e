import { HttpException } from '@nestjs/common';
import { completenessHeader, type IetfDialect } from '../../protocol/index.js';
import { isRefusal, TypeNotAllowedError, UploadRefusedError } from '../../uploads/index.js';
import type { Exchange } from '../request/exchange.js';
import { TusException } from '../response/tus.exception.js';

/**
 * Does some work in which the app, or its options, have a say. What is refused with is the last word on the
 * upload, so the answer says that nothing can follow (draft §Upload Creation, Examples).
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
  if (error instanceof UploadRefusedError || error instanceof TypeNotAllowedError) return true;
  const isTheApps = error instanceof HttpException && !(error instanceof TusException);
  return isTheApps && isRefusal(error.getStatus());
}

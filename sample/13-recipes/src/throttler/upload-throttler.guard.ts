import { Injectable, type ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard } from '@nestjs/throttler';
import { TusController } from 'nestjs-tus';

/** Counts each upload once, and not the requests that bring its bytes or ask how far it is. */
@Injectable()
export class UploadThrottlerGuard extends ThrottlerGuard {
  protected override async shouldSkip(context: ExecutionContext): Promise<boolean> {
    const isUpload = context.getClass().prototype instanceof TusController;
    const { method } = context.switchToHttp().getRequest<{ readonly method: string }>();
    return isUpload && method !== 'POST';
  }
}

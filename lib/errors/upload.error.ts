import { IntrinsicException } from '@nestjs/common';

/**
 * Says of an upload what an app can see coming, such as that it is not there. Where one reaches Nest,
 * it answers, but is not logged as a fault would be.
 */
export abstract class UploadError extends IntrinsicException {}

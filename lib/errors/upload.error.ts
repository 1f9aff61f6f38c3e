import { IntrinsicException } from '@nestjs/common';

/**
 * An expected error about an upload, such as that it is not there. Nest answers it, but does not
 * log it as a fault.
 */
export abstract class UploadError extends IntrinsicException {}

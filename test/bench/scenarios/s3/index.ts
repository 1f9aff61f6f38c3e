import type { Scenario } from '../scenario.interface.js';
import { s3Many } from './s3-many.js';
import { s3Requests } from './s3-requests.js';
import { s3Resume } from './s3-resume.js';
import { s3Stream } from './s3-stream.js';

/** What is compared where bytes are in a bucket. */
export const onS3: readonly Scenario[] = [s3Stream, ...s3Requests, s3Many, s3Resume];

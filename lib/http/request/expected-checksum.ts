import {
  CHECKSUM_ALGORITHMS,
  parseTrailingChecksum,
  type AnnouncedChecksum,
} from '../../protocol/index.js';
import type { ExpectedChecksum } from '../../uploads/index.js';
import type { Exchange } from './exchange.js';
import { trailerLines } from './header-lines.js';

/** What the body of a request must hash to. A checksum in the trailer may be by any algorithm. */
export function expectedChecksum(
  announced: AnnouncedChecksum | undefined,
  { req }: Exchange,
): ExpectedChecksum | undefined {
  if (announced === undefined) return undefined;
  if (announced !== 'in-trailer')
    return { algorithms: [announced.algorithm], told: () => announced };
  return { algorithms: CHECKSUM_ALGORITHMS, told: () => parseTrailingChecksum(trailerLines(req)) };
}
